# One image for each process: docker build --build-arg SERVICE=aggregator --tag tidemark-aggregator .
# SERVICE is producer, aggregator, recorder, api or gateway, or cli for the operators' commands. docs/decisions/0005-images.md has the reasons.
ARG NODE_IMAGE=node:24-bookworm-slim

# What an installation follows from, so that a change of a source does not install again.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name 'pnpm-*.yaml' ! -path './patches/*' -delete \
 && find . -type d -empty -delete

FROM ${NODE_IMAGE} AS build
WORKDIR /app
ENV CI=true
COPY --from=manifests /app/package.json ./
RUN npm install --global "$(node --print 'require("./package.json").packageManager')"
COPY --from=manifests /app ./
ARG SERVICE
RUN : "${SERVICE:?name the process: --build-arg SERVICE=aggregator}" \
 && pnpm install --frozen-lockfile --prod --fail-if-no-match --filter-prod "@tidemark/${SERVICE}..." \
 # Node runs no TypeScript below node_modules: declarations and maps are for compilers, and the compiler is an optional peer of viem.
 && rm -rf node_modules/.pnpm/typescript@* node_modules/.pnpm/@typescript+* \
 && find node_modules/.pnpm -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' -o -name '*.md' \) -delete
COPY . .
# The layout of the workspace is kept: links out of node_modules resolve to real paths, whose types Node strips.
RUN selected() { pnpm --filter-prod "@tidemark/$1" list --depth -1 --parseable | sed "s|^$PWD/||"; } \
 && mkdir -p /out/node_modules \
 && cp --archive node_modules/.pnpm /out/node_modules/ \
 && selected "${SERVICE}..." | xargs cp --archive --parents --target-directory /out \
 && ln -s "$(selected "${SERVICE}")" /out/service

FROM ${NODE_IMAGE}
# The one place to write to, where a volume is mounted there; the rest of the file system can be read-only.
RUN install -d -o 1000 -g 1000 /var/lib/tidemark
WORKDIR /app
# Who may change the program: nobody but root. Live update replaces files as the user that runs, so the Tiltfile names that one.
ARG OWNER=0:0
COPY --from=build --chown=${OWNER} /out ./
ENV NODE_ENV=production HOST=0.0.0.0 ADMIN_PORT=9100 STATE_DIR=/var/lib/tidemark
USER 1000:1000
EXPOSE 9100
# Healthy is ready: what waits for a container waits for what it serves.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
  CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.ADMIN_PORT, path: '/readyz' }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# The process itself gets the signals; it needs neither a shell nor npm.
ENTRYPOINT ["node", "service/src/main.ts"]
