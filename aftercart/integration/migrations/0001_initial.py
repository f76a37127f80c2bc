import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='IntegrationToken',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('hint', models.CharField(editable=False, max_length=12, verbose_name='begins with')),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('created_date', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                ('expires_date', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                ('revoked_date', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='revoked')),
                ('last_used_date', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last used')),
            ],
            options={
                'verbose_name': 'integration token',
                'verbose_name_plural': 'integration tokens',
                'ordering': ['-created_date'],
            },
        ),
    ]
