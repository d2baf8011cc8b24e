# Two commands do everything on a fresh machine: `make run` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
export CGO_ENABLED = 1

##@ Use
run: build ## Build what is missing and start the server with the web app and a starter fleet
	bin/decnetd --starter-fleet $(ARGS)

build: bin/decoy bin/decnet bin/decnetd ## Build bin/decnetd (the server), bin/decnet (the command line) and bin/decoy

bin/decnetd: need-build FORCE
	go build -trimpath -ldflags '$(LDFLAGS)' -o $@ .

bin/decnet: need-build FORCE
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/decnet

bin/decoy: need-build FORCE
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o $@ ./cmd/decoy

install: build ## Copy the three programs to $(PREFIX)/bin
	install -D -t $(DESTDIR)$(or $(PREFIX),/usr/local)/bin bin/decnetd bin/decnet bin/decoy

image: need-build ## The container image, from scratch and not root: make image IMAGE=decnet
	VERSION=$(VERSION) scripts/image $(or $(IMAGE),decnet)

release: need-release ## The release of HEAD in dist/: static programs, units, SBOMs, SHA256SUMS
	scripts/release dist

##@ Check
test: need-test bin/decoy node-modules ## Everything: unit and race, PostgreSQL, a real Docker Engine, real clients, the browser
	VERSION=$(VERSION) scripts/build-static bin/static # what the image is made of: from the compiler's cache later, however many tests want it
	scripts/dockerd start
	scripts/postgres start
	trap 'scripts/postgres stop' EXIT; \
	  DECNET_TEST_POSTGRES=$$(scripts/postgres url) go test -race -timeout 15m ./...
	go test -count 1 ./internal/model
	$(MAKE) test-web

test-web: need-test build node-modules ## The web app: its own tests, and the real server in a real browser
	cd web && npm run --silent check && npm run --silent test
	scripts/dockerd start
	scripts/e2e

bench-web: need-test build node-modules ## A fleet of DECKIES=2000 under steady mutation in a browser for FOR=10m: long tasks, frames, memory
	DECNET_E2E_ENGINE=sim BENCH_FOR=$(or $(FOR),10m) BENCH_DECKIES=$(or $(DECKIES),2000) scripts/e2e bench --sim-latency 20ms

test-docker-new: need-test bin/decoy ## The Docker engine's tests and the main job on newer Docker Engines: Debian 13's (API 1.45), and the newest, built from its source: some 15 minutes, no part of make test
	for engine in $(or $(ENGINE),trixie source); do \
	  ENGINE=$$engine scripts/dockerd-new go test -count 1 -timeout 15m ./engine/docker; \
	  ENGINE=$$engine scripts/dockerd-new go test -count 1 -timeout 15m ./e2e -run 'TheMainJobOnARealDockerEngine|UsersOwnImage'; done

test-short: ## What needs no engine, no browser and no database server
	go test ./catalog/... ./mutator/... ./fleet/... ./lifecycle/... ./store/... ./decoy/... ./interactions/... ./auth/... ./api/... ./config/...

fuzz: need-build ## Every fuzz target for FUZZTIME=1m; KEEP=20 keeps so many of the inputs found in testdata
	FUZZTIME=$(or $(FUZZTIME),1m) KEEP=$(or $(KEEP),0) scripts/fuzz $(PACKAGES)

decoys-table: need-test bin/decoy ## Write docs/decoys.md: what nmap takes each decoy for, and the login that it records
	go run ./internal/decoytable > docs/decoys.md.new && mv docs/decoys.md.new docs/decoys.md

bench: need-test build ## Figures against the machine's own floors, as ratios, in one run
	scripts/dockerd start
	go run ./bench
	go test ./api -run '^$$' -bench FanOut -benchtime 50x

bench-hostile: need-build build ## What each kind of attack on the API costs those who mean well
	go run ./bench/hostile $(ARGS)

bench-decoy: bin/decoy ## What one decky costs: memory, and connections under a scan
	go run ./bench/cost $(ARGS)

soak: need-test build ## Torment the server for FOR=5m with KILLS=200 on ENGINE=sim (or docker), and count what went wrong
	@if [ "$(or $(ENGINE),sim)" = docker ]; then scripts/dockerd start; fi
	go run ./soak -for $(or $(FOR),5m) -kills $(or $(KILLS),200) -engine $(or $(ENGINE),sim) $(ARGS)
	go test -count 1 ./internal/model -rapid.checks $(or $(SEQUENCES),20000) -timeout 0

check-reproducible: need-release ## Make the release twice, in two folders and from nothing, and compare each byte
	scripts/check-reproducible

audit: need-release ## Known vulnerabilities, licences, SBOMs, the units (AUDIT_OFFLINE=1: a database that can't be reached is no failure)
	@scripts/need systemd-analyze=systemd
	scripts/audit

lint: need-build ## Static checks, the imports' directions among them
	go vet ./...
	go run $(GOLANGCI) run

##@ Generate
generate: need-build ## Regenerate Ent, gqlgen and the clients from the schemas
	go generate ./ent
	go tool gqlgen generate
	go generate ./client ./decoy ./decoy/internal/sshwire ./decoy/internal/tlswire

web: need-node node-modules ## Build the web app and pack it into web/pages.zip, which is committed
	cd web && npm run --silent generate && npm run --silent build
	go run ./web/internal/pack web/dist web/pages.zip

screenshots: need-test build node-modules need-pngquant ## Take the pictures of the documentation, in both themes
	scripts/dockerd start
	scripts/e2e screenshots
	pngquant --force --strip --skip-if-larger --ext .png --quality 60-90 docs/images/*.png

check-generate: generate web ## Fail when committed generated files (new ones too) are not what generate makes
	@test -z "$$(git status --porcelain)" || { git status --short; git --no-pager diff --stat; echo 'generated files are stale: run make generate web, and commit'; exit 1; }

migration: need-test ## Write the SQL for a changed Ent schema: make migration NAME=add_hosts
	scripts/postgres start
	psql -q "$$(scripts/postgres url)" -c 'DROP DATABASE IF EXISTS scratch' -c 'CREATE DATABASE scratch'
	go run ./store/internal/newmigration $(NAME) "$$(scripts/postgres url | sed 's#/postgres?#/scratch?#')"
	scripts/postgres stop

##@ Other
clean: ## Delete what was built
	rm -rf bin dist web/node_modules transport/conformance/node_modules e2e/oidc/node_modules

help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-zA-Z_-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

need-build:
	@scripts/need go=golang git=git gcc=gcc
	@echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1 || scripts/need libc6-dev=libc6-dev

need-test: need-build
	@scripts/need dockerd=docker.io iptables=iptables ip=iproute2 pg_ctlcluster=postgresql psql=postgresql-client chromium=chromium node=nodejs npm=npm \
	  nmap=nmap ssh=openssh-client sshpass=sshpass curl=curl redis-cli=redis-tools mysql=default-mysql-client telnet=telnet ftp=ftp lftp=lftp \
	  tsql=freetds-bin smbclient=smbclient xfreerdp=freerdp2-x11 xvfb-run=xvfb xauth=xauth mbpoll=mbpoll \
	  gnutls-cli=gnutls-bin dig=bind9-dnsutils tftp=tftp-hpa snmpwalk=snmp mosquitto_pub=mosquitto-clients ldapsearch=ldap-utils kinit=krb5-user sipsak=sipsak swaks=swaks openssl=openssl jq=jq fetchmail=fetchmail kubectl=kubernetes-client xtigervncviewer=tigervnc-viewer rsyslogd=rsyslog \
	  systemd-analyze=systemd systemd-sysusers=systemd systemd-tmpfiles=systemd systemd-socket-activate=systemd haproxy=haproxy
	@/usr/bin/python3 -c 'import pymongo' 2>/dev/null || scripts/need pymongo=python3-pymongo
	@perl -MNet::SSLeay -e 1 2>/dev/null || scripts/need Net::SSLeay=libnet-ssleay-perl
	@ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1 || scripts/need rsyslog-gnutls=rsyslog-gnutls

need-release: need-build need-node
	@scripts/need jq=jq

need-pngquant:
	@scripts/need pngquant=pngquant

need-node:
	@scripts/need node=nodejs npm=npm

node-modules: web/node_modules/.ok transport/conformance/node_modules/.ok e2e/oidc/node_modules/.ok

%/node_modules/.ok: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --silent && touch node_modules/.ok

FORCE:
.PHONY: run build install image release check-reproducible audit need-release test test-docker-new test-web test-short bench bench-hostile bench-web screenshots soak lint generate web check-generate migration clean help need-build need-node need-test node-modules FORCE fuzz decoys-table bench-decoy
