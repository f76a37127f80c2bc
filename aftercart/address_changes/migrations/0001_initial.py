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
            name='AddressChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('channel_id', models.IntegerField()),
                ('address_id', models.BigIntegerField()),
                ('old_address', models.JSONField()),
                ('new_address', models.JSONField()),
                ('needs_approval', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('open', 'Being submitted'), ('unknown', 'Being checked'), ('waiting_approval', 'Waiting for approval'), ('submitted', 'Submitted'), ('not_sent', 'Not submitted'), ('refused', 'Refused')], default='open', max_length=24, verbose_name='state')),
                ('because', models.CharField(blank=True, max_length=64, verbose_name='because')),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('closed_date', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='address_changes', to='orders.order')),
            ],
            options={
                'verbose_name': 'address change',
                'verbose_name_plural': 'address changes',
                'ordering': ['-created_date'],
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_address_changes'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_address_changes')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'unknown', 'waiting_approval'])), fields=('order',), name='one_open_address_change_per_order')],
            },
        ),
    ]
