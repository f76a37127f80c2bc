"""What the demo's shop sells, and names that no designer thought of."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product; its prices in lira and euro."""

    pk: int
    english: str
    turkish: str
    image: str
    lira: Decimal
    euro: Decimal
    attributes: Mapping[str, str]

    def name(self, turkish: bool) -> str:
        """The name in the orderer's language."""
        return self.turkish if turkish else self.english


def _product(pk: int, names: str, image: str, prices: str, **attributes: str) -> DemoProduct:
    (english, turkish), (lira, euro) = names.split(" / "), prices.split(" / ")
    return DemoProduct(pk, english, turkish, image, Decimal(lira), Decimal(euro), attributes)


PRODUCTS = (
    _product(501, "Reading lamp / Okuma lambası", "lamp", "1349.00 / 39.90", color="amber"),
    _product(502, "Floor lamp, walnut / Lambader, ceviz", "lamp", "4890.00 / 139.00", color="walnut"),
    _product(503, "Stoneware cup / Seramik kupa", "cup", "289.90 / 9.90", size="300 ml"),
    _product(504, "Tea glass set / Çay bardağı seti", "cup", "459.50 / 14.50", size="6"),
    _product(505, "Wool scarf / Yün atkı", "scarf", "749.99 / 24.99", color="crimson"),
    _product(506, "Silk shawl / İpek şal", "scarf", "1799.00 / 54.00", color="rose"),
    _product(507, "Notebook, dotted / Noktalı defter", "book", "199.00 / 6.50", size="A5"),
    _product(508, "The Disconnected (novel) / Tutunamayanlar (roman)", "book", "420.00 / 13.00", language="tr"),
    _product(509, "Fig tree, young / Fidan, incir", "plant", "985.00 / 29.00", size="60 cm"),
    _product(510, "Succulent trio / Sukulent üçlüsü", "plant", "379.00 / 12.00", size="S"),
    _product(511, "Headphones, wireless / Kablosuz kulaklık", "headphones", "5499.00 / 159.00", color="navy"),
    _product(512, "Earplugs, pair / Kulak tıkacı, çift", "headphones", "149.00 / 4.90", size="M"),
)

ODD_NAMES = (
    "Party box 🎉🧁 for 12 👩‍👩‍👧‍👦",
    "قميص قطني أبيض – مقاس كبير",
    "<b>Bold</b> & \"quoted\" <script>alert('cup')</script>",
    ("A lamp that is described at such length that no page was ever drawn for it, and then some more, " * 3)[:200],
    "Çok-uzun-kelimelerle-dolu-ve-hiç-boşluk-bırakmayan-bir-ürün-adı-daha-buraya-sığar-mı",
    "Lokum № 7 — ½ kg ‘çifte kavrulmuş’ (%25 indirimli)",
)
