import aftercart.dynamic_settings.models
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DynamicSetting',
            fields=[
                ('name', models.CharField(choices=aftercart.dynamic_settings.models.known_names, max_length=64, primary_key=True, serialize=False, verbose_name='name')),
                ('value', models.JSONField(blank=True, default=dict, verbose_name='value')),
                ('modified_date', models.DateTimeField(auto_now=True, verbose_name='modified')),
            ],
            options={
                'verbose_name': 'dynamic setting',
                'verbose_name_plural': 'dynamic settings',
            },
        ),
        migrations.CreateModel(
            name='HistoricalDynamicSetting',
            fields=[
                ('name', models.CharField(choices=aftercart.dynamic_settings.models.known_names, db_index=True, max_length=64, verbose_name='name')),
                ('value', models.JSONField(blank=True, default=dict, verbose_name='value')),
                ('modified_date', models.DateTimeField(blank=True, editable=False, verbose_name='modified')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical dynamic setting',
                'verbose_name_plural': 'historical dynamic settings',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
