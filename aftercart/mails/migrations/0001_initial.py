import aftercart.mails.models
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('kind', models.CharField(choices=[('order_received', 'Order received'), ('cancelled', 'Cancelled'), ('request_received', 'Request received'), ('request_approved', 'Request approved'), ('request_rejected', 'Request declined'), ('cancellation_declined', 'Cancellation declined by the shop'), ('address_changed', 'Delivery address changed'), ('address_change_closed', 'Delivery address not changed'), ('withdrawal_acknowledged', 'Withdrawal acknowledged'), ('new_link', 'New link'), ('sign_in_link', 'Link to sign in'), ('new_password', 'Link to a new password')], max_length=32, verbose_name='kind')),
                ('about', models.CharField(max_length=120, verbose_name='about')),
                ('to', models.EmailField(max_length=254, verbose_name='to')),
                ('language', models.CharField(max_length=16, verbose_name='language')),
                ('data', models.JSONField(default=dict)),
                ('message_id', models.CharField(default=aftercart.mails.models.new_message_id, max_length=320, verbose_name='Message-ID')),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('begun_date', models.DateTimeField(blank=True, editable=False, null=True)),
                ('sent_date', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('joined', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='companions', to='mails.mail')),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='orders.order')),
            ],
            options={
                'verbose_name': 'mail',
                'verbose_name_plural': 'mails',
                'ordering': ['-created_date'],
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_mails'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_mails'), models.Index(condition=models.Q(('joined__isnull', False)), fields=['joined'], name='companions_of_a_mail')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'about', 'to'), name='one_mail_for_a_fact_and_reader')],
            },
        ),
    ]
