"""Which line of its order an item names as its set; what came before stands in its details."""

from django.db import migrations, models

BATCH = 500


def find(apps, schema_editor):
    OrderItem = apps.get_model("orders", "OrderItem")
    named = OrderItem.objects.filter(details__parent__isnull=False).only("pk", "details").order_by("pk")
    batch = []
    for item in named.iterator(chunk_size=BATCH):
        item.parent = parent_of(item.details["parent"])
        if item.parent is not None:
            batch.append(item)
        if len(batch) == BATCH:
            OrderItem.objects.bulk_update(batch, ["parent"])
            batch = []
    OrderItem.objects.bulk_update(batch, ["parent"])


def parent_of(value):
    if isinstance(value, dict):
        value = value.get("pk", value.get("id"))
    if isinstance(value, str) and value.isascii() and value.strip().isdigit() and len(value) < 19:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else None


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0011_unread_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderitem',
            name='parent',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(find, migrations.RunPython.noop),
    ]
