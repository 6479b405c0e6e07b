# One command for each job; `make` alone lists them. All share one profile, so RocksDB is compiled once.

# Days of recorded traffic in the demo: as many as take about a minute.
DAYS ?= 55
REPORT ?= target/demo.html
# Arrivals of each case of `make erlang`.
ARRIVALS ?= 1000000
# Kills of each torture test.
ROUNDS ?= 50

# Seconds of each fuzzing target.
SECONDS ?= 1200
# Dialogs in the busiest hour of `make day`.
PER_HOUR ?= 1200

READY = @bash scripts/prepare.sh
FLAGS = --release --all-features

.PHONY: help demo test fix torture storm bench-small bench curves erlang fuzz fuzz-minimise day

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "make %-12s %s\n", $$1, $$2 }'

# The example is built along because its dependencies decide with which features RocksDB is compiled.
demo: ## a bank's recorded calls through the real engine, with a report in the terminal and as HTML
	$(READY) cargo build $(FLAGS) --bin centrala --example quickstart
	@mkdir -p $(dir $(REPORT))
	$(READY) bash -c '"$$CARGO_TARGET_DIR/release/centrala" replay examples/data/bank_calls.csv --days $(DAYS) --html $(REPORT)'
	@echo "The report with charts: file://$(abspath $(REPORT))"

test: ## all checks: format, lints, tests, benches run small, examples, documentation
	$(READY) bash scripts/test.sh

fix: ## mend what a tool can: format, lints, recorded outputs of scenarios (read the diff afterwards)
	$(READY) cargo fmt --all
	$(READY) cargo clippy $(FLAGS) --all-targets --fix --allow-dirty --allow-staged
	$(READY) cargo fmt --all
	$(READY) env UPDATE_SCENARIOS=1 cargo test $(FLAGS) --test scenarios
	@git --no-pager diff --stat -- tests/scenarios

torture: ## kills the engine at random moments under load, 50 times at each durability; ROUNDS=N for more
	$(READY) env CENTRALA_KILL_ROUNDS=$(ROUNDS) cargo test $(FLAGS) --test crash -- --nocapture

	$(READY) env CENTRALA_OVERLOAD_MS=30000 CENTRALA_GROWTH=5 cargo test $(FLAGS) --test bounds -- --nocapture --skip a_day

fuzz: ## arbitrary input into parser, engine, codec and recovery, 20 minutes each; SECONDS=N for another time
	$(READY) bash scripts/fuzz.sh run $(SECONDS)

fuzz-minimise: ## keeps of what fuzzing has found as much as covers all of it
	$(READY) bash scripts/fuzz.sh minimise

day: ## a day of a contact centre with 300 operators on virtual time: nothing grows with time
	$(READY) env CENTRALA_DAY_ARRIVALS=$(PER_HOUR) cargo test $(FLAGS) --test bounds a_day -- --nocapture

storm: ## a million events through the router, with every invariant looked up after each
	$(READY) cargo test $(FLAGS) --lib a_storm_of_a_million -- --ignored

erlang: ## replays of a million arrivals against Erlang's formulas; writes the table of docs/erlang.md
	$(READY) cargo run $(FLAGS) --example erlang_check -- $(ARRIVALS) docs/erlang.md

bench-small: ## every bench once, to see that it still works
	$(READY) cargo test $(FLAGS) --benches

bench: ## every bench at full length, with figures
	$(READY) cargo bench --all-features --benches

curves: ## what finding and routing cost by size, measured and drawn into docs/curves.md
	$(READY) cargo bench --all-features --bench routing --bench finding
	$(READY) cargo run $(FLAGS) --example curves -- docs routing_with_room routing_with_skills routing_many_waiting routing_many_channels finding
