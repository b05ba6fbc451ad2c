# Two images: `app`, the page for pictures of one's own, and `pipeline`, which makes everything.
ARG PYTHON=3.11.14-slim-bookworm
FROM python:${PYTHON} AS base
# PyTorch's own index of CPU builds, which leave out gigabytes of CUDA
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 TORCH_INDEX=${TORCH_INDEX}
RUN useradd --create-home --uid 1000 nnlabs && install -d -o nnlabs -g nnlabs /nnlabs
WORKDIR /nnlabs

# docker build --target app -t nnlabs-app .
# docker run --rm -p 127.0.0.1:7860:7860 -v "$PWD/models:/nnlabs/models:ro" -v "$PWD/data:/nnlabs/data:ro" nnlabs-app
FROM base AS app
COPY requirements-app.lock ./
RUN pip install --extra-index-url "$TORCH_INDEX" "$(grep '^torch==' requirements-app.lock)" \
    && pip install -r requirements-app.lock
COPY src src
COPY reports/settings reports/settings
USER 1000
ENV PYTHONPATH=/nnlabs/src
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/', timeout=8)"]
CMD ["python", "-m", "nnlabs.app.page", "--host", "0.0.0.0"]

# docker build --target pipeline -t nnlabs-pipeline .
# docker run --name nnlabs nnlabs-pipeline; docker cp nnlabs:/nnlabs/reports reports
FROM base AS pipeline
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
COPY --chown=nnlabs:nnlabs . ./
USER 1000
RUN make setup TORCH_INDEX="$TORCH_INDEX" \
    && git init -q && git add -A && git -c user.name=nnlabs -c user.email=nnlabs@localhost commit -qm "As it came"
# it ends by itself, and its exit status says how it went
HEALTHCHECK NONE
CMD ["make", "repro"]
