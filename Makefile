# Two commands do everything a contributor needs: `make run` and `make test`.
# Set-up talks to stderr, so that what `make run` prints is the program's own.

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
ARGS   ?=
.DEFAULT_GOAL := run
.PHONY: run test gate lint types imports knowledge voice unit bench bench-hub bench-hubs hubs-chaos lab lab-list lock \
        clean packages slack-tools check-page check-link-lab check-link-load slack-load relay-package relays-lab lab-statistics locate-lab eval allowlist-lab codes start-up structure sdk-samples hub-flood hang-ups preflight-fuzz paste-fuzz network-fuzz edge-load postgres-tests two-bots whole-system previews trees

# make cannot pass an exit code on. The codes of an answer, 1 (no problem found) and 3 (could not tell), are no error of
# make's; scripts that need the code call $(BIN)/lineman.
run: $(VENV)/run.stamp  ## the terminal conversation, or one command: make run ARGS="diagnose 31009 --json"
	@$(BIN)/lineman $(ARGS) || case $$? in 1|3) ;; *) exit 2 ;; esac

test: packages $(VENV)/dev.stamp slack-tools gate  ## set up what the tests need (Debian packages too, when root), then the whole gate

gate: lint types imports knowledge voice unit

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

knowledge:
	$(BIN)/lineman knowledge check

voice: $(VENV)/dev.stamp  ## words to avoid, long sentences, and how hard texts are to read: see CONTRIBUTING.md
	$(BIN)/python -m tests.voice
	$(BIN)/python -m tests.voice.readability

# With the lab required, a machine that cannot make network namespaces fails instead of skipping. Most tests wait more than
# they compute, so these groups run side by side. Those that call the code measure its coverage. Those that run it as its
# users do, in processes of its own, do not: that would take as long again. The two groups that mostly compute step back for the others.
SLOWEST   := --durations=12 --durations-min=4
SETTINGS  := LINEMAN_LAB=$(if $(filter 0,$(shell id -u)),require,)
PLAIN     := $(SETTINGS) $(BIN)/python -m pytest $(SLOWEST) $(ARGS)
MEASURED  := $(SETTINGS) $(BIN)/coverage run -m pytest $(SLOWEST) $(ARGS)
SCENARIOS := tests/lab/test_scenarios.py
NETWORKS  := tests/lab tests/newcomer
SLACK     := tests/slack tests/emulator tests/previews
ANSWERING := tests/bot/slack
HUB       := tests/hub tests/compat tests/bot/rendering
BOT       := tests/bot
GROUPS    := unit-scenarios unit-networks unit-slack unit-answering unit-hub unit-bot unit-rest
without    = $(addprefix --ignore=,$(1))
.PHONY: $(GROUPS)
unit:
	@rm -f .coverage*
	$(MAKE) --no-print-directory -j7 --output-sync=target $(GROUPS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

eval: $(VENV)/dev.stamp  ## how well free text is understood: phrases and questions, tuning and held-out
	@$(BIN)/python -m tests.eval $(ARGS)

unit-scenarios:
	$(PLAIN) $(SCENARIOS)

unit-networks:
	$(PLAIN) $(NETWORKS) $(call without,$(SCENARIOS))

unit-slack:
	$(PLAIN) $(SLACK)

unit-answering:
	$(MEASURED) $(ANSWERING)

unit-hub:
	$(MEASURED) $(HUB)

unit-bot:
	nice -n 2 env $(MEASURED) $(BOT) $(call without,$(ANSWERING) $(HUB))

unit-rest:
	nice -n 2 env $(MEASURED) tests $(call without,$(NETWORKS) $(SLACK) $(HUB) $(BOT))

bench: packages $(VENV)/dev.stamp  ## times beside today's tools, in one run (needs root)
	@command -v prometheus-blackbox-exporter >/dev/null || apt-get install -y -q --no-install-recommends prometheus-blackbox-exporter
	$(BIN)/python -m tests.bench $(ARGS)

lab: packages $(VENV)/dev.stamp  ## a shell inside a network with a fault: make lab SCENARIO=signaling-blocked
	$(BIN)/python -m tests.lab open $(SCENARIO)

slack-tools: $(VENV)/dev.stamp  ## the Slack emulator and Slack's own types, from the npm registry, below build/
	$(BIN)/python -m tests.slack.tools install

check-page: slack-tools  ## the page of the check link, from TypeScript into bot/check_link/built
	$(BIN)/python -m tests.check_page.build

# Runs with 10 % loss, of each kind.
LOSS ?= 5
check-link-lab: packages slack-tools  ## a browser beside a relay in broken networks, and faults of the check page that take their time (needs root; some 12 minutes)
	LINEMAN_CHECK_PAGE=full LINEMAN_CHECK_PAGE_LOSS=$(LOSS) $(BIN)/python -m pytest tests/check_page tests/lab/test_check_links.py $(ARGS)

check-link-load: $(VENV)/dev.stamp  ## 200 customers at once on one lineman check serve; prints p99 and memory
	LINEMAN_CHECK_LOAD=full $(BIN)/python -m pytest tests/bot/check_link/test_load.py -s $(ARGS)

trees: packages slack-tools  ## every decision tree drawn by Mermaid and Graphviz; about a minute
	LINEMAN_TREES=full $(BIN)/python -m pytest tests/trees $(ARGS)

previews: $(VENV)/dev.stamp  ## every Slack reply as a page in build/previews, and the table of their sizes (needs chromium)
	$(BIN)/lineman preview build/previews
	$(BIN)/python -m tests.previews.inspector

start-up: $(VENV)/dev.stamp  ## milliseconds from start to first check, and to read a sentence
	$(BIN)/python -m tests.bench.start_up

structure: $(VENV)/dev.stamp  ## packages, levels, long functions and files, and what one /diagnose in Slack goes through
	@$(BIN)/python -m tests.structure

codes: $(VENV)/run.stamp  ## write docs/codes.md from the knowledge again
	$(BIN)/lineman knowledge codes > docs/codes.md

slack-load: $(VENV)/dev.stamp  ## the Slack bot under its full load: 1,000 commands, 5,000 hostile texts a way in, kill -9
	LINEMAN_SLACK_LOAD=full $(BIN)/python -m pytest tests/slack -m load -s $(ARGS)

allowlist-lab: packages $(VENV)/dev.stamp  ## every line of an allow-list taken out in turn, in the fault lab (needs root)
	LINEMAN_ALLOWLIST=full $(BIN)/python -m pytest tests/lab/test_allowlist.py $(ARGS)

JOBS ?= 2
lab-statistics: packages $(VENV)/dev.stamp  ## right diagnoses of bad lines, up to 100 of each, JOBS side by side; continues where it was stopped (needs root)
	$(BIN)/python -m tests.lab.statistics --jobs $(JOBS) $(ARGS)

locate-lab: packages $(VENV)/dev.stamp  ## four flows, each dropped at each of four routers, in the fault lab (needs root)
	LINEMAN_LAB=require LINEMAN_LOCATE=full $(BIN)/python -m pytest tests/lab/test_locate.py -s $(ARGS)

relays-lab: packages $(VENV)/dev.stamp  ## relays and hub in the fault lab, at one customer and at several (needs root)
	LINEMAN_LAB=require $(BIN)/python -m pytest tests/lab/test_relays.py tests/lab/test_sites.py $(ARGS)

sdk-samples: packages $(VENV)/dev.stamp  ## consoles of the real JavaScript SDK in Chromium and Firefox under faults, as samples (needs root; some 10 minutes)
	@command -v firefox-esr >/dev/null || apt-get install -y -q --no-install-recommends firefox-esr
	$(BIN)/python -m tests.sdk_samples $(ARGS)

bench-hub: packages $(VENV)/dev.stamp  ## what 2,000 relays cost one hub, beside bare WebSockets and NATS, in one run
	$(BIN)/python -m tests.hub $(ARGS)

bench-hubs: packages $(VENV)/dev.stamp  ## what 2,000 relays cost one hub, and 10,000 two hubs with NATS, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.hub.bench_hubs $(ARGS)

hubs-chaos: packages $(VENV)/dev.stamp  ## 1,000 plans on 500 relays of two hubs, while hubs, NATS, and PostgreSQL are killed
	$(BIN)/python -m tests.hub.hubs_chaos $(ARGS)

whole-system: packages $(VENV)/dev.stamp  ## bots, hubs, 500 relays, PostgreSQL, and NATS on five machines, while everything fails once (needs root); two minutes: ARGS="60 20 8"
	$(BIN)/python -m tests.whole_system $(ARGS)

postgres-tests: packages $(VENV)/dev.stamp  ## the tests of the store and of the bot in Slack on PostgreSQL
	LINEMAN_LAB=require LINEMAN_TEST_DATABASE=postgresql $(BIN)/python -m pytest tests/bot/storage tests/bot/slack tests/slack/test_two_bots.py $(ARGS)

two-bots: packages $(VENV)/dev.stamp  ## 1,008 requests to two bots on one PostgreSQL, with 20 kill -9 and 3 restarts of the server
	LINEMAN_LAB=require LINEMAN_TWO_BOTS=full $(BIN)/python -m pytest tests/slack/test_two_bots.py -s $(ARGS)

edge-load: $(VENV)/dev.stamp  ## 10,000 requests that Slack did not sign, against the HTTP edge of the bot
	LINEMAN_EDGE=full $(BIN)/python -m pytest tests/bot/slack/server -s $(ARGS)

hub-flood: packages $(VENV)/dev.stamp  ## 600 silent connections and 5,000 hasty ones a minute against a hub with 512 descriptors; p99 of plans
	LINEMAN_FLOOD=full $(BIN)/python -m pytest tests/hub/test_flood.py -s $(ARGS)
	$(BIN)/python -m tests.hub.flood_bench

hang-ups: $(VENV)/dev.stamp  ## 500 requesters who leave at any moment, during locks, full disks, and kills of the hub (needs root)
	LINEMAN_HANG_UPS=full $(BIN)/python -m pytest tests/hub/test_hang_ups.py -s $(ARGS)

preflight-fuzz: $(VENV)/dev.stamp  ## 10,000 broken preflight reports, each of which must give a reading
	LINEMAN_FUZZ=full $(BIN)/python -m pytest tests/bot/intake/test_fuzz.py $(ARGS)

paste-fuzz: $(VENV)/dev.stamp  ## 10,000 changed pastes: no crash, no hang, no secret, and decisive lines found in noise
	LINEMAN_FUZZ=full $(BIN)/python -m pytest tests/bot/intake/test_mutations.py $(ARGS)

network-fuzz: $(VENV)/dev.stamp  ## 10,000 spoiled network files, each of which must be read or refused in words
	LINEMAN_FUZZ=full $(BIN)/python -m pytest tests/knowledge/loading/test_network_fuzz.py $(ARGS)

lab-list: $(VENV)/dev.stamp
	$(BIN)/python -m tests.lab list

relay-package: $(VENV)/dev.stamp  ## the wheel of the relay alone, in build/relay: see docs/relays.md
	$(BIN)/python packaging/relay/build.py

lock: $(VENV)/dev.stamp  ## write the locks from pyproject.toml again
	$(BIN)/python requirements/lock.py

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov knowledge/compiled

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) >&2 || { test "$$(id -u)" = 0 && apt-get update -q >&2 && apt-get install -y -q python3-venv >&2 && $(PYTHON) -m venv $(VENV) >&2; }

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt >&2
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . >&2
	@$(BIN)/python -m compileall -q bot knowledge probes >&2
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt requirements/vectors.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/vectors.txt
	touch $@

# Servers and tools the tests run for real. Without root they must be there already: the tests say which is missing.
packages:
	@missing=$$(dpkg-query -W -f '$${Status} $${Package}\n' $$(cat tests/lab/packages.txt) 2>&1 | grep -v '^install ok installed' || true); \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$(cat tests/lab/packages.txt); \
	elif [ -n "$$missing" ]; then echo "Not installed, and only root can: $$missing" >&2; fi
