import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeedCursor',
            fields=[
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('name', models.CharField(choices=[('orders', 'Orders'), ('items', 'Order items'), ('requests', 'Cancellation requests'), ('plans', 'Cancellation plans'), ('reasons', 'Cancellation reasons')], max_length=16, primary_key=True, serialize=False, verbose_name='list')),
                ('position', models.DateTimeField(verbose_name='read up to')),
                ('since', models.DateTimeField(editable=False, null=True)),
                ('page', models.PositiveIntegerField(default=1, editable=False)),
                ('seen', models.JSONField(default=dict, editable=False)),
                ('read_date', models.DateTimeField(editable=False, null=True, verbose_name='last read')),
            ],
            options={
                'verbose_name': 'news feed',
                'verbose_name_plural': 'news feeds',
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_feed_cursors'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_feed_cursors')],
            },
        ),
        migrations.CreateModel(
            name='OrderNews',
            fields=[
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='orders.order')),
                ('heard', models.PositiveIntegerField(default=1, editable=False)),
                ('rejected_plan', models.BigIntegerField(editable=False, null=True)),
                ('learned_date', models.DateTimeField(editable=False, null=True, verbose_name='last learned')),
            ],
            options={
                'verbose_name': 'news of an order',
                'verbose_name_plural': 'news of orders',
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_order_news'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_order_news')],
            },
        ),
        migrations.CreateModel(
            name='ReconciliationReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('started_date', models.DateTimeField(null=True, verbose_name='started')),
                ('finished_date', models.DateTimeField(null=True, verbose_name='finished')),
                ('since', models.DateTimeField(null=True)),
                ('after', models.BigIntegerField(default=0, editable=False)),
                ('compared', models.PositiveIntegerField(default=0, verbose_name='orders compared')),
                ('difference_count', models.PositiveIntegerField(default=0, verbose_name='differences')),
                ('repaired_count', models.PositiveIntegerField(default=0, verbose_name='repaired')),
                ('differences', models.JSONField(default=list, verbose_name='list')),
            ],
            options={
                'verbose_name': 'reconciliation report',
                'verbose_name_plural': 'reconciliation reports',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_reconciliations'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_reconciliations')],
            },
        ),
        migrations.CreateModel(
            name='WebhookEvent',
            fields=[
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('event_type', models.CharField(max_length=128, verbose_name='type')),
                ('received_date', models.DateTimeField(verbose_name='received')),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orders.order', verbose_name='order')),
            ],
            options={
                'verbose_name': 'webhook',
                'verbose_name_plural': 'webhooks',
                'ordering': ['-received_date'],
                'indexes': [models.Index(fields=['received_date'], name='webhooks_by_age')],
            },
        ),
    ]
