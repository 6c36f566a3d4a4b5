# One image for every role: web, worker, device worker, beat, card host.
FROM python:3.11-slim-bookworm AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libpcsclite-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/hall
COPY requirements/ requirements/
# Hashes are required of pip as well, so a changed package stops the build.
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
    && /srv/venv/bin/uv pip install --python /srv/venv/bin/python --no-cache --require-hashes \
        -r requirements/runtime.txt -r requirements/devices.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk libpcsclite1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/hall --shell /usr/sbin/nologin hall \
    && install -d -o hall -g hall -m 0750 /srv/var
COPY --from=builder /srv/venv /srv/venv
WORKDIR /srv/hall
COPY . .
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=taxhall.settings.production \
    HALL_VAR=/srv/var
USER hall
EXPOSE 8000
CMD ["gunicorn", "taxhall.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
