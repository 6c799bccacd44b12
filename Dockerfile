# herdflow's executable and the libraries it needs, on any architecture that scripts/bootstrap knows.
# How to run it with everything beside it: deploy/compose/README.md.

FROM debian:bookworm-slim AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /herdflow
# What changes rarely comes first, and is not made again where only sources changed.
COPY scripts/bootstrap scripts/lib.sh scripts/packages.txt scripts/
COPY third_party third_party
RUN scripts/bootstrap run
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY bench bench
COPY src src
RUN source scripts/lib.sh \
  && cmake --preset release \
  && cmake --build --preset release --target herdflow --parallel "$(build_jobs)"
COPY LICENSE NOTICE deploy/compose/healthy ./
# As the final image has it. The executable finds Arrow's libraries from where it lies.
RUN install -D --strip build/release/herdflow /image/opt/herdflow/bin/herdflow \
  && install -D --mode 644 -t /image/opt/herdflow/third_party/arrow/lib build/third_party/arrow/lib/*.so.* \
  && install --mode 644 -t /image/opt/herdflow LICENSE NOTICE \
  && install -D -t /image/usr/local/bin healthy \
  && ln -s /opt/herdflow/bin/herdflow /image/usr/local/bin/herdflow \
  && install -d --mode 1777 /image/data

FROM debian:bookworm-slim
# Those of `ldd herdflow`, and the farms' time zones.
RUN apt-get update \
  && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    ca-certificates libdate-tz3 libfmt9 libmariadb3 libsasl2-2 libsimdjson14 libspdlog1.10 libssl3 libtomlplusplus3 libzstd1 tzdata zlib1g \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*
COPY --from=build /image /
ENV HERDFLOW_DATA_FOLDER=/data
# By number; with any other it works as well.
USER 10001:10001
WORKDIR /data
EXPOSE 5000 5001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["healthy", "127.0.0.1:5000", "/readyz"]
ENTRYPOINT ["herdflow"]
CMD ["serve"]
