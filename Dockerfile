# Two stages: the first has what builds, the second only what runs.
# tests/packaging runs these steps without a container engine; keep the RUN lines to plain commands.

FROM python:3.12-slim AS builder
WORKDIR /src
RUN python -m venv /opt/interlock
COPY requirements.lock ./
RUN /opt/interlock/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md CHANGELOG.md ./
COPY service ./service
COPY connectors ./connectors
COPY migrations ./migrations
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /dist .
RUN /opt/interlock/bin/python -m pip install --no-cache-dir --no-deps --no-index --find-links /dist interlock

FROM python:3.12-slim AS runtime
ENV PATH=/opt/interlock/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    INTERLOCK_CONFIG=/etc/interlock/interlock.yaml
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/interlock interlock
COPY --from=builder /opt/interlock /opt/interlock
USER 10001
WORKDIR /var/lib/interlock
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Listening beyond loopback is refused until an API key was made or an identity provider is set, unless
# INTERLOCK_ALLOW_ANONYMOUS=read says that the network is private.
CMD ["interlock", "serve", "--host", "0.0.0.0"]
