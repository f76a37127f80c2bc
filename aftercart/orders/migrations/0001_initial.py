import aftercart.orders.amounts
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PullPosition',
            fields=[
                ('name', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('since', models.DateTimeField(null=True)),
                ('page', models.PositiveIntegerField(default=1)),
                ('page_size', models.PositiveIntegerField()),
                ('modified_date', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=128, verbose_name='number')),
                ('channel_id', models.IntegerField(default=1)),
                ('status', models.PositiveSmallIntegerField(choices=[(50, 'Cancellation in progress'), (100, 'Cancelled'), (200, 'Waiting'), (300, 'Waiting for payment'), (350, 'Waiting for confirmation'), (400, 'Approved'), (450, 'Being prepared'), (500, 'Shipped'), (510, 'On its way'), (520, 'Ready for pickup'), (540, 'Delivery attempted'), (544, 'Under review'), (545, 'Waiting for review'), (546, 'Payment pending'), (547, 'Paid'), (550, 'Delivered'), (600, 'Returned')], verbose_name='status')),
                ('status_before_cancellation', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('currency', models.CharField(default='try', max_length=8, verbose_name='currency')),
                ('amount', aftercart.orders.amounts.AmountField(decimal_places=4, max_digits=14)),
                ('discount_amount', aftercart.orders.amounts.AmountField(decimal_places=4, default=0, max_digits=14)),
                ('shipping_amount', aftercart.orders.amounts.AmountField(decimal_places=4, default=0, max_digits=14)),
                ('refund_amount', aftercart.orders.amounts.AmountField(decimal_places=4, default=0, max_digits=14)),
                ('discount_refund_amount', aftercart.orders.amounts.AmountField(decimal_places=4, default=0, max_digits=14)),
                ('shipping_refund_amount', aftercart.orders.amounts.AmountField(decimal_places=4, default=0, max_digits=14)),
                ('shipping_address', models.JSONField(default=dict)),
                ('billing_address', models.JSONField(default=dict)),
                ('user_email', models.EmailField(blank=True, max_length=254)),
                ('language_code', models.CharField(default='en', max_length=16)),
                ('tracking_number', models.CharField(blank=True, max_length=128, null=True)),
                ('tracking_url', models.CharField(blank=True, max_length=512, null=True)),
                ('invoice_number', models.CharField(blank=True, max_length=128, null=True)),
                ('invoice_date', models.DateTimeField(blank=True, null=True)),
                ('details', models.JSONField(blank=True, default=dict)),
                ('omnitron_pk', models.BigIntegerField(blank=True, null=True)),
                ('omnitron_modified', models.DateTimeField(blank=True, editable=False, null=True)),
                ('version_date', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('modified_date', models.DateTimeField(default=django.utils.timezone.now)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to=settings.AUTH_USER_MODEL, verbose_name='customer')),
            ],
            options={
                'verbose_name': 'order',
                'verbose_name_plural': 'orders',
            },
        ),
        migrations.CreateModel(
            name='OrderItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.PositiveSmallIntegerField(choices=[(50, 'Cancellation in progress'), (100, 'Cancelled'), (200, 'Waiting'), (300, 'Waiting for payment'), (350, 'Waiting for confirmation'), (400, 'Approved'), (450, 'Being prepared'), (500, 'Shipped'), (510, 'On its way'), (520, 'Ready for pickup'), (540, 'Delivery attempted'), (544, 'Under review'), (545, 'Waiting for review'), (546, 'Payment pending'), (547, 'Paid'), (550, 'Delivered'), (600, 'Returned')], verbose_name='status')),
                ('status_before_cancellation', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('parent', models.BigIntegerField(blank=True, editable=False, null=True)),
                ('quantity', models.PositiveIntegerField(default=1, verbose_name='quantity')),
                ('returned_quantity', models.PositiveIntegerField(db_default=0, default=0, verbose_name='returned')),
                ('withdrawn_quantity', models.PositiveIntegerField(db_default=0, default=0, verbose_name='withdrawn')),
                ('price', aftercart.orders.amounts.AmountField(decimal_places=4, max_digits=14)),
                ('retail_price', aftercart.orders.amounts.AmountField(decimal_places=4, max_digits=14)),
                ('tax_rate', models.DecimalField(decimal_places=6, default=0, max_digits=10)),
                ('price_currency', models.CharField(default='try', max_length=8)),
                ('product', models.JSONField(default=dict)),
                ('easy_return_companies', models.JSONField(blank=True, default=list)),
                ('tracking_number', models.CharField(blank=True, max_length=128, null=True)),
                ('tracking_url', models.CharField(blank=True, max_length=512, null=True)),
                ('invoice_number', models.CharField(blank=True, max_length=128, null=True)),
                ('invoice_date', models.DateTimeField(blank=True, null=True)),
                ('delivered_date', models.DateTimeField(blank=True, null=True)),
                ('details', models.JSONField(blank=True, default=dict)),
                ('omnitron_pk', models.BigIntegerField(blank=True, null=True)),
                ('parts', models.JSONField(blank=True, db_default=[], default=list, editable=False)),
                ('omnitron_modified', models.DateTimeField(blank=True, editable=False, null=True)),
                ('version_date', models.DateTimeField(blank=True, editable=False, null=True)),
                ('removed_date', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now)),
                ('modified_date', models.DateTimeField(default=django.utils.timezone.now)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='orders.order')),
            ],
            options={
                'verbose_name': 'order item',
                'verbose_name_plural': 'order items',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('imported', 'Order received'), ('status_changed', 'Status changed'), ('invoiced', 'Invoiced'), ('cancelled_directly', 'Cancelled by the customer'), ('cancellation_unfinished', 'Cancellation could not be completed'), ('requested', 'Cancellation requested'), ('request_closed', 'Cancellation request closed'), ('request_withdrawn', 'Cancellation request taken back'), ('withdrawal_refused', 'Cancellation request could not be taken back'), ('withdrawn', 'Withdrawn from the contract'), ('item_removed', 'Taken out of the order by the shop'), ('item_restored', 'Part of the order again'), ('cancellation_rejected', 'Cancellation declined by the shop'), ('address_change_submitted', 'New delivery address submitted'), ('address_changed', 'Delivery address changed'), ('address_change_closed', 'Delivery address not changed')], max_length=32)),
                ('actor', models.CharField(default='aftercart', max_length=254)),
                ('from_status', models.PositiveSmallIntegerField(null=True)),
                ('to_status', models.PositiveSmallIntegerField(null=True)),
                ('data', models.JSONField(default=dict)),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='orders.order')),
                ('order_item', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orders.orderitem')),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='OrderItemKey',
            fields=[
                ('omnitron_pk', models.BigIntegerField(primary_key=True, serialize=False)),
                ('order_item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='orders.orderitem')),
            ],
        ),
        migrations.CreateModel(
            name='UnreadRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('of_list', models.CharField(choices=[('pulled', 'Orders to take in'), ('orders', 'Orders'), ('items', 'Order items'), ('requests', 'Cancellation requests'), ('plans', 'Cancellation plans')], max_length=16, verbose_name='list')),
                ('key', models.CharField(editable=False, max_length=160)),
                ('remote_pk', models.BigIntegerField(blank=True, null=True, verbose_name='key at Omnitron')),
                ('number', models.CharField(blank=True, max_length=128, verbose_name='number')),
                ('row', models.JSONField(default=dict, verbose_name='as it came')),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='seen first')),
                ('seen_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='seen last')),
            ],
            options={
                'verbose_name': 'row that could not be read',
                'verbose_name_plural': 'rows that could not be read',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_unread_rows'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_unread_rows')],
                'constraints': [models.UniqueConstraint(fields=('of_list', 'key'), name='one_row_per_unread_key')],
            },
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['customer', '-created_date'], name='orders_of_a_customer'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('number',), name='one_order_per_number'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('discount_refund_amount__gte', 0), ('refund_amount__gte', 0), ('shipping_refund_amount__gte', 0)), name='no_refund_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='orderitem',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='at_least_one_of_an_item'),
        ),
        migrations.AddConstraint(
            model_name='orderitem',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('returned_quantity'), '+', models.F('withdrawn_quantity')))), name='no_piece_comes_back_twice'),
        ),
    ]
