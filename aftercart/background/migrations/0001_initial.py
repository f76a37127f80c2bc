from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Cleaning',
            fields=[
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('of', models.CharField(choices=[('sessions', 'sessions that are over')], max_length=16, primary_key=True, serialize=False)),
            ],
            options={
                'verbose_name': 'cleaning',
                'verbose_name_plural': 'cleanings',
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_cleanings'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_cleanings')],
            },
        ),
    ]
