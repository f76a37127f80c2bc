import aftercart.cancellations.models
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orders', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CancellationReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('cancellation_type', models.CharField(choices=[('cancel', 'Cancellation'), ('refund', 'Return')], max_length=8)),
                ('subject', models.CharField(max_length=100)),
                ('order', models.IntegerField(default=100, verbose_name='position')),
                ('extra_information_needed', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
                ('translations', models.JSONField(blank=True, default=dict)),
                ('omnitron_pk', models.BigIntegerField(blank=True, null=True)),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('modified_date', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'cancellation reason',
                'verbose_name_plural': 'cancellation reasons',
                'ordering': ['cancellation_type', 'order', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='EasyReturnShippingCompany',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.CharField(max_length=64)),
                ('label', models.CharField(max_length=128)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name': 'easy-return carrier',
                'verbose_name_plural': 'easy-return carriers',
            },
        ),
        migrations.CreateModel(
            name='CancellationAttempt',
            fields=[
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('open', 'Open'), ('unknown', 'Being checked'), ('agreed', 'Cancelled'), ('fell_back', 'With the back office'), ('refused', 'Refused')], default='open', max_length=16, verbose_name='state')),
                ('because', models.CharField(blank=True, max_length=64, verbose_name='because')),
                ('wish', models.JSONField(default=dict)),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('closed_date', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cancellation_attempts', to='orders.order')),
            ],
            options={
                'verbose_name': 'cancellation attempt',
                'verbose_name_plural': 'cancellation attempts',
                'ordering': ['-created_date'],
            },
        ),
        migrations.CreateModel(
            name='CancellationRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('remote_id', models.CharField(default=aftercart.cancellations.models.new_remote_id, editable=False, max_length=36)),
                ('description', models.TextField(blank=True)),
                ('cancellation_type', models.CharField(choices=[('cancel', 'Cancellation'), ('refund', 'Return')], max_length=8)),
                ('status', models.CharField(choices=[('waiting', 'Waiting for the shop'), ('confirmed', 'Confirmed'), ('waiting_approval', 'Waiting for approval'), ('approved', 'Approved'), ('rejected', 'Declined'), ('completed', 'Completed'), ('withdrawing', 'Being taken back'), ('withdrawn', 'Taken back')], default='waiting', max_length=24, verbose_name='status')),
                ('quantity', models.PositiveIntegerField(default=1)),
                ('is_withdrawal', models.BooleanField(db_default=False, default=False, editable=False)),
                ('fully_refund_as_loyalty_money', models.BooleanField(default=False)),
                ('iban', models.CharField(blank=True, max_length=64)),
                ('holder_name', models.CharField(blank=True, max_length=255)),
                ('easy_return_code', models.CharField(blank=True, max_length=64)),
                ('pickup_address', models.JSONField(blank=True, null=True)),
                ('because', models.CharField(blank=True, max_length=64, verbose_name='because')),
                ('being_checked', models.BooleanField(default=False, verbose_name='being checked')),
                ('closing_note', models.CharField(blank=True, max_length=500)),
                ('omnitron_pk', models.BigIntegerField(blank=True, null=True)),
                ('omnitron_modified', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawal_date', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='taken back')),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('modified_date', models.DateTimeField(auto_now=True)),
                ('attempt', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='cancellations.cancellationattempt')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cancellation_requests', to='orders.order')),
                ('order_item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cancellation_requests', to='orders.orderitem')),
                ('reason', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cancellations.cancellationreason')),
                ('easy_return_company', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cancellations.easyreturnshippingcompany')),
            ],
            options={
                'verbose_name': 'cancellation request',
                'verbose_name_plural': 'cancellation requests',
                'ordering': ['-created_date'],
            },
        ),
        migrations.CreateModel(
            name='RequestPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_key', models.BigIntegerField()),
                ('quantity', models.PositiveIntegerField(default=1)),
                ('remote_id', models.CharField(default=aftercart.cancellations.models.new_remote_id, editable=False, max_length=36, unique=True)),
                ('omnitron_pk', models.BigIntegerField(blank=True, null=True, unique=True)),
                ('status', models.CharField(choices=[('waiting', 'Waiting for the shop'), ('confirmed', 'Confirmed'), ('waiting_approval', 'Waiting for approval'), ('approved', 'Approved'), ('rejected', 'Declined'), ('completed', 'Completed'), ('withdrawing', 'Being taken back'), ('withdrawn', 'Taken back')], default='waiting', max_length=24)),
                ('omnitron_modified', models.DateTimeField(blank=True, editable=False, null=True)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='cancellations.cancellationrequest')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='cancellationattempt',
            index=models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_cancellation_attempts'),
        ),
        migrations.AddIndex(
            model_name='cancellationattempt',
            index=models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_cancellation_attempts'),
        ),
        migrations.AddConstraint(
            model_name='cancellationattempt',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'unknown'])), fields=('order',), name='one_open_attempt_per_order'),
        ),
        migrations.AddIndex(
            model_name='cancellationrequest',
            index=models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_cancellation_requests'),
        ),
        migrations.AddIndex(
            model_name='cancellationrequest',
            index=models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_cancellation_requests'),
        ),
        migrations.AddConstraint(
            model_name='cancellationrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'waiting_approval', 'confirmed', 'approved', 'withdrawing'])), fields=('order_item',), name='one_active_request_per_item'),
        ),
        migrations.AddConstraint(
            model_name='requestpart',
            constraint=models.UniqueConstraint(fields=('request', 'item_key'), name='one_request_per_part'),
        ),
    ]
