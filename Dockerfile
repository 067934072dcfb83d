# syntax=docker/dockerfile:1
# The image `simfleet` (the default target) runs the web process, the worker, beat and manage.py.
# The image `sandbox` stands in for the Telnyx API.
ARG PYTHON=3.11
ARG NODE=22

FROM node:${NODE}-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:${PYTHON}-slim AS packages
WORKDIR /app
COPY requirements/runtime.txt requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt

FROM packages AS sandbox-packages
COPY requirements/demo.txt requirements/
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/demo.txt

FROM packages AS build
COPY manage.py gunicorn.conf.py ./
COPY config config
COPY telnyx_api telnyx_api
COPY accounts accounts
COPY fleet fleet
COPY templates templates
COPY static static
COPY package-lock.json ./
COPY --from=front-end /app/node_modules node_modules
# The settings must be whole to be loaded; nothing connects, and none of this stays in the image.
RUN export SECRET_KEY=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
        ENCRYPTION_KEYS="$(/venv/bin/python manage.py make_encryption_key)" \
    && /venv/bin/python -m config.front_end \
    && /venv/bin/python manage.py collectstatic --no-input \
    && rm -r node_modules package-lock.json

FROM python:${PYTHON}-slim AS base
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin simfleet
WORKDIR /app

FROM base AS sandbox
RUN install -d -o simfleet /data
COPY --from=sandbox-packages /venv /venv
COPY sandbox sandbox
USER simfleet
VOLUME /data
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 4010), 4).close()"]
CMD ["python", "-m", "sandbox", "--host", "0.0.0.0", "--port", "4010", "--data", "/data/sandbox.db", "--growth"]

FROM base AS simfleet
COPY --from=packages /venv /venv
COPY --from=build /app /app
USER simfleet
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000"]
