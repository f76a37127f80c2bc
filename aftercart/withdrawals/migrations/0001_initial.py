import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('declaration', models.UUIDField(editable=False)),
                ('name', models.CharField(max_length=255, verbose_name='name')),
                ('contact', models.EmailField(max_length=254, verbose_name='contact')),
                ('iban', models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name='IBAN')),
                ('holder_name', models.CharField(blank=True, db_default='', default='', max_length=255, verbose_name='account holder')),
                ('statement', models.TextField(verbose_name='declaration')),
                ('items', models.JSONField(default=list, verbose_name='items')),
                ('how', models.CharField(choices=[('account', 'In the account'), ('link', 'By a mailed link')], max_length=16, verbose_name='how it came')),
                ('state', models.CharField(choices=[('recorded', 'Recorded'), ('done', 'Carried out'), ('needs_back_office', 'Needs the back office')], default='recorded', max_length=24, verbose_name='state')),
                ('reasons', models.JSONField(blank=True, default=list, verbose_name='reasons')),
                ('estimate', models.JSONField(blank=True, db_default={}, default=dict, editable=False, verbose_name='comes back (estimate)')),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='declared')),
                ('closed_date', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='orders.order')),
            ],
            options={
                'verbose_name': 'withdrawal',
                'verbose_name_plural': 'withdrawals',
                'ordering': ['-created_date'],
            },
        ),
        migrations.CreateModel(
            name='WithdrawnItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField()),
                ('before', models.PositiveIntegerField()),
                ('attempt', models.UUIDField(editable=False, null=True)),
                ('order_item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawn_pieces', to='orders.orderitem')),
                ('withdrawal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='withdrawals.withdrawal')),
            ],
            options={
                'verbose_name': 'withdrawn item',
                'verbose_name_plural': 'withdrawn items',
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='withdrawal',
            index=models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_withdrawals'),
        ),
        migrations.AddIndex(
            model_name='withdrawal',
            index=models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_withdrawals'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.UniqueConstraint(fields=('order', 'declaration'), name='one_withdrawal_per_declaration'),
        ),
        migrations.AddConstraint(
            model_name='withdrawnitem',
            constraint=models.UniqueConstraint(fields=('order_item', 'before'), name='each_piece_is_withdrawn_from_once'),
        ),
        migrations.AddConstraint(
            model_name='withdrawnitem',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='a_withdrawal_is_about_something'),
        ),
    ]
