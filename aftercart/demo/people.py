"""Who lives in the demo: three customers with passwords, a guest, the back office, and the places they live in.

Plain values; load.py writes them. `ada` owns nearly everything, `berk` reads Turkish, `eve` is a stranger.
"""

from dataclasses import dataclass
from typing import Any

PASSWORD = "aftercart-demo"  # noqa: S105 - printed on the screen, it guards nothing
ADMIN_EMAIL = "admin@example.com"
ADMIN_PK = 1


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer of the demo."""

    pk: int
    email: str
    first_name: str
    last_name: str
    phone: str
    language: str
    user_type: str = "registered"


# Ada has the key that the wire's published example of a completed order gives its customer of the same e-mail.
ADA = DemoCustomer(97, "ada@example.com", "Ada", "Yıldız", "05551112233", "en-us")
BERK = DemoCustomer(98, "berk@example.com", "Berk", "Özgür", "05554445566", "tr-tr")
EVE = DemoCustomer(99, "eve@example.com", "Eve", "Stranger", "05557778899", "en-us")
GUEST = DemoCustomer(120, "guest@example.com", "Gül", "Misafir", "05550001122", "tr-tr", "guest")
CUSTOMERS = (ADA, BERK, EVE)

COUNTRIES: dict[int, tuple[str, str]] = {1: ("Türkiye", "TR"), 2: ("Deutschland", "DE")}
CITIES: dict[int, tuple[str, int]] = {
    1: ("ADANA", 1),
    6: ("ANKARA", 1),
    34: ("İSTANBUL", 1),
    35: ("İZMİR", 1),
    101: ("Berlin", 2),
    102: ("München", 2),
}
TOWNSHIPS: dict[int, tuple[str, int]] = {
    1: ("ALADAĞ", 1),
    2: ("SEYHAN", 1),
    11: ("ÇANKAYA", 6),
    12: ("KEÇİÖREN", 6),
    21: ("KADIKÖY", 34),
    22: ("BEŞİKTAŞ", 34),
    23: ("ARNAVUTKÖY", 34),
    31: ("KONAK", 35),
    32: ("BORNOVA", 35),
    41: ("Mitte", 101),
    42: ("Kreuzberg", 101),
    51: ("Schwabing", 102),
}
DISTRICTS: dict[int, tuple[str, int]] = {
    5: ("AKÖREN MAH", 1),
    6: ("REŞATBEY MAH", 2),
    111: ("KAVAKLIDERE MAH", 11),
    121: ("ETLİK MAH", 12),
    211: ("MODA MAH", 21),
    212: ("FENERBAHÇE MAH", 21),
    221: ("BEBEK MAH", 22),
    231: ("ADNAN MENDERES MAH", 23),
    311: ("ALSANCAK MAH", 31),
    321: ("KAZIMDİRİK MAH", 32),
    411: ("Spandauer Vorstadt", 41),
    421: ("Bergmannkiez", 42),
    511: ("Englischer Garten", 51),
}


@dataclass(frozen=True, slots=True)
class DemoAddress:
    """An entry of an address book."""

    pk: int
    owner: DemoCustomer
    title: str
    district: int
    line: str
    postcode: str
    primary: bool = False
    company: str = ""

    def places(self) -> tuple[int, int, int, int]:
        """The keys of country, city, township and district."""
        township = DISTRICTS[self.district][1]
        city = TOWNSHIPS[township][1]
        return CITIES[city][1], city, township, self.district


ADDRESS_BOOK = (
    DemoAddress(1001, ADA, "Home", 211, "Caferağa Sokak No: 12 D: 4", "34710", primary=True),
    DemoAddress(1002, ADA, "Office", 221, "Cevdet Paşa Caddesi 101, kat 3", "34342", company="Analytical Engines Ltd."),
    DemoAddress(1003, ADA, "Parents", 111, "Tunalı Hilmi Caddesi 45/7", "06680"),
    DemoAddress(1004, ADA, "Berlin", 411, "Oranienburger Straße 17", "10178"),
    DemoAddress(1011, BERK, "Ev", 311, "Kıbrıs Şehitleri Caddesi 88", "35220", primary=True),
    DemoAddress(1012, BERK, "İş", 321, "Üniversite Caddesi No: 5", "35040"),
    DemoAddress(1013, BERK, "Yazlık", 5, "Köy içi mevkii, çeşmenin karşısı", "01770"),
    DemoAddress(1014, BERK, "München", 511, "Leopoldstraße 50", "80802"),
    DemoAddress(1021, EVE, "Home", 121, "Etlik Caddesi 3", "06010", primary=True),
    DemoAddress(1022, EVE, "Work", 212, "Bağdat Caddesi 200", "34726"),
    DemoAddress(1023, EVE, "Elsewhere", 421, "Bergmannstraße 5", "10961"),
)
GUEST_ENTRY = DemoAddress(1031, GUEST, "Ev", 6, "Atatürk Caddesi 19", "01120", primary=True)

# The same keys and subjects as the sandbox's.
REASONS: tuple[tuple[int, str, str, str, bool], ...] = (
    (1, "cancel", "Changed my mind", "Vazgeçtim", False),
    (2, "cancel", "Ordered by mistake", "Yanlışlıkla sipariş verdim", False),
    (3, "cancel", "Found it cheaper", "Daha ucuza buldum", False),
    (4, "refund", "Does not fit", "Bedeni uymadı", False),
    (5, "refund", "Damaged", "Hasarlı geldi", True),
    (6, "refund", "Other", "Diğer", False),
)
CARRIERS: tuple[tuple[int, str, str], ...] = ((1, "yurtici", "Yurtiçi Kargo"), (2, "aras", "Aras Kargo"))


def user_on_wire(person: DemoCustomer) -> dict[str, Any]:
    """The person as an order's address shows its owner."""
    return {
        "pk": person.pk,
        "username": f"demo{person.pk}",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "is_active": True,
        "email_allowed": False,
        "sms_allowed": False,
        "call_allowed": None,
        "gender": None,
        "attributes": {},
        "phone": person.phone,
        "date_of_birth": None,
        "attributes_kwargs": {},
        "user_type": person.user_type,
    }


def address_on_wire(entry: DemoAddress) -> dict[str, Any]:
    """The entry in the wire's detailed form (docs/contract.md, section B)."""
    country, city, township, district = entry.places()
    name, code = COUNTRIES[country]
    owner = entry.owner
    return {
        "pk": entry.pk,
        "email": owner.email,
        "phone_number": owner.phone,
        "first_name": owner.first_name,
        "last_name": owner.last_name,
        "country": {"pk": country, "is_active": True, "name": name, "code": code, "translations": None},
        "city": {
            "pk": city,
            "is_active": True,
            "name": CITIES[city][0],
            "country": country,
            "translations": None,
            "priority": None,
            "postcode": None,
        },
        "township": {
            "pk": township,
            "is_active": True,
            "name": TOWNSHIPS[township][0],
            "city": city,
            "postcode": None,
        },
        "district": {
            "pk": district,
            "is_active": True,
            "name": DISTRICTS[district][0],
            "city": city,
            "township": township,
            "postcode": None,
        },
        "line": entry.line,
        "title": entry.title,
        "postcode": entry.postcode,
        "notes": None,
        "company_name": entry.company,
        "tax_office": "",
        "tax_no": "",
        "e_bill_taxpayer": False,
        "hash_data": f"{entry.pk:032x}",
        "address_type": "customer",
        "retail_store": None,
        "remote_id": None,
        "identity_number": None,
        "extra_field": None,
        "user": user_on_wire(owner),
        "is_corporate": bool(entry.company),
        "primary": entry.primary,
    }
