"""What came back before it was counted: pieces that the contract was withdrawn from, and those of completed requests."""

from django.db import migrations
from django.db.models import Sum

CLOSED = (100, 600)


def count(apps, schema_editor):
    OrderItem = apps.get_model("orders", "OrderItem")
    CancellationRequest = apps.get_model("cancellations", "CancellationRequest")
    WithdrawnItem = apps.get_model("withdrawals", "WithdrawnItem")
    carried = WithdrawnItem.objects.exclude(attempt=None).values("attempt")
    CancellationRequest.objects.filter(attempt__in=carried).update(is_withdrawal=True)
    withdrawn = WithdrawnItem.objects.order_by().values_list("order_item").annotate(Sum("quantity"))
    for item, pieces in withdrawn.iterator():
        OrderItem.objects.filter(pk=item).update(withdrawn_quantity=pieces)
    # One that Omnitron never had was completed by the end of its whole line, whose status tells.
    done = CancellationRequest.objects.filter(status="completed", is_withdrawal=False, omnitron_pk__isnull=False)
    returned = (
        done.exclude(order_item__status__in=CLOSED).order_by()
        .values_list("order_item", "order_item__quantity", "order_item__withdrawn_quantity")
        .annotate(Sum("quantity"))
    )
    for item, bought, withdrawn, pieces in returned.iterator():
        OrderItem.objects.filter(pk=item).update(returned_quantity=min(pieces, bought - withdrawn))


class Migration(migrations.Migration):

    dependencies = [
        ("withdrawals", "0002_estimate"),
        ("orders", "0009_pieces_that_came_back"),
        ("cancellations", "0007_requests_that_are_withdrawals"),
    ]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
