# The web page, the API, the registry, and watch.py; docs/web.md says how to run them.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# Packages before code: a change of the code needs no new installation.
COPY requirements-core.txt requirements-web.txt requirements-watch.txt ./
RUN pip install -r requirements-web.txt -r requirements-watch.txt

COPY manage.py watch.py weights.onnx ./
COPY readers/default.json readers/crnn-lstm.onnx readers/
COPY regions regions
COPY fonts fonts
COPY platewright platewright

RUN useradd --system --create-home platewright && install -d -m 700 -o platewright /data
USER platewright
ENV PLATEWRIGHT_DATA=/data PLATEWRIGHT_HOSTS=localhost,127.0.0.1
VOLUME /data
EXPOSE 8000

# It asks by the first of the names that the page answers to, whichever they are.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; host = os.environ['PLATEWRIGHT_HOSTS'].split(',')[0].strip(' .*') or 'localhost'; u.urlopen(u.Request('http://127.0.0.1:8000/health', headers={'Host': host}), timeout=4)"]
CMD ["python", "manage.py", "serve", "--bind", "0.0.0.0:8000"]
