from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='attempts')),
                ('next_attempt_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='next attempt')),
                ('lease_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='lease until')),
                ('last_error', models.TextField(blank=True, default='', editable=False, verbose_name='last error')),
                ('is_dead', models.BooleanField(default=False, editable=False, verbose_name='given up')),
                ('scope', models.CharField(max_length=50)),
                ('key', models.CharField(max_length=64)),
                ('count', models.PositiveBigIntegerField()),
            ],
            options={
                'verbose_name': 'counted tries',
                'verbose_name_plural': 'counted tries',
                'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='due_tries'), models.Index(condition=models.Q(('is_dead', True)), fields=['is_dead'], name='dead_tries')],
                'constraints': [models.UniqueConstraint(fields=('scope', 'key'), name='one_window_of_tries_per_key')],
            },
        ),
    ]
