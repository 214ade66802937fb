# The worker: measures CTs, one at a time on one device; imports files from the command line.
#   docker build -f docker/worker.Dockerfile -t ildportal-worker .
#   docker build -f docker/worker.Dockerfile -t ildportal-worker --build-arg TORCH_BACKEND=cu128 .
FROM python:3.13-slim AS packages
ARG TORCH_BACKEND=cpu
ARG TORCH_SPEC=torch==2.13.0
RUN pip install --no-cache-dir uv
COPY docker/worker.lock /tmp/
RUN uv venv /opt/venv && uv pip install --python /opt/venv --no-cache --compile-bytecode \
    "$TORCH_SPEC" --torch-backend="$TORCH_BACKEND"
RUN uv pip install --python /opt/venv --no-cache --compile-bytecode \
    --no-deps --require-hashes -r /tmp/worker.lock

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ildportal \
    && install -d -o ildportal -g ildportal /srv/storage
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY patients patients
COPY quant quant
COPY ildportal ildportal
COPY templates templates
COPY static static
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    ILDPORTAL_HOME=/tmp/ildportal ILDPORTAL_STORAGE=/srv/storage ILDPORTAL_PRODUCTION=1
USER ildportal
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s \
    CMD ["sh", "-c", "celery -A ildportal inspect ping --timeout 10 --destination celery@$(hostname)"]
CMD ["celery", "-A", "ildportal", "worker", "-Q", "quantify", "-P", "prefork", "-c", "1", "-l", "INFO"]
