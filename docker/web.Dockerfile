# The web process: pages and API. No torch, no database server.
#   docker build -f docker/web.Dockerfile -t ildportal-web .
FROM python:3.13-slim AS packages
RUN pip install --no-cache-dir uv
COPY docker/web.lock /tmp/
RUN uv venv /opt/venv && uv pip install --python /opt/venv --no-cache --compile-bytecode \
    --no-deps --require-hashes -r /tmp/web.lock

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ildportal \
    && install -d -o ildportal -g ildportal /srv/storage /srv/static
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY patients patients
COPY quant quant
COPY ildportal ildportal
COPY templates templates
COPY static static
COPY docker/healthcheck.py docker/healthcheck.py
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ILDPORTAL_HOME=/tmp/ildportal ILDPORTAL_STORAGE=/srv/storage ILDPORTAL_STATIC=/srv/static
USER ildportal
# Collecting files uses no key, but production settings do not start without them.
RUN ILDPORTAL_PRODUCTION=1 SECRET_KEY=none ILDPORTAL_FIELD_KEYS=none ILDPORTAL_LOOKUP_KEY=none python manage.py collectstatic --noinput --verbosity 0
ENV ILDPORTAL_PRODUCTION=1
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "docker/healthcheck.py"]
CMD ["gunicorn", "ildportal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
    "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
