import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AskedSignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('wants', models.CharField(choices=[('sign_in', 'to sign in'), ('password', 'a new password')], max_length=16)),
                ('email', models.CharField(max_length=254)),
                ('next_url', models.CharField(blank=True, max_length=2000)),
                ('language', models.CharField(blank=True, max_length=16)),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'asked-for link to sign in',
                'verbose_name_plural': 'asked-for links to sign in',
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_asked_sign_ins'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_asked_sign_ins')],
            },
        ),
        migrations.CreateModel(
            name='UsedToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('key', models.CharField(max_length=64)),
            ],
            options={
                'verbose_name': 'used token',
                'verbose_name_plural': 'used tokens',
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_used_tokens'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_used_tokens')],
                'constraints': [models.UniqueConstraint(fields=('key',), name='one_use_of_a_token')],
            },
        ),
        migrations.CreateModel(
            name='ExternalIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('issuer', models.CharField(max_length=255, verbose_name='issuer')),
                ('subject', models.CharField(max_length=255, verbose_name='subject (identity)')),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='external_identities', to=settings.AUTH_USER_MODEL, verbose_name='customer')),
            ],
            options={
                'verbose_name': 'external identity',
                'verbose_name_plural': 'external identities',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('issuer', 'subject'), name='one_customer_per_external_identity'), models.UniqueConstraint(fields=('issuer', 'customer'), name='one_identity_per_customer_and_issuer')],
            },
        ),
    ]
