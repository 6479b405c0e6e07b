# One command for each job; `make` alone lists them. Whatever is no program to be shipped shares one profile, so that
# RocksDB is compiled once.

# Days of recorded traffic in the demo: as many as take about a minute.
DAYS ?= 55
REPORT ?= target/demo.html
# Arrivals of each case of `make erlang`.
ARRIVALS ?= 1000000
# Kills of each torture test.
ROUNDS ?= 170
# Commands of the workload whose calls fail one after the other, and damaged copies.
COMMANDS ?= 10000
COPIES ?= 5000
# A word in the names of those tests of `make faults` that are run: all.
ONLY ?=

# Simulations of `make simulate`; SEED=N runs that one alone.
SEEDS ?= 10000
SEED ?=

# Random worlds of `make worlds`.
WORLDS ?= 100000

# Seconds of each fuzzing target.
SECONDS ?= 1200
# Dialogs in the busiest hour of `make day`.
PER_HOUR ?= 1200

# Dialogs of each peer in each round of `make peers`; options of benches/peers to try instead of its defaults.
DIALOGS ?= 40000
TUNE ?=

READY = @bash scripts/prepare.sh
FLAGS = --profile checks --all-features

.PHONY: help demo test fix format-fixture torture faults simulate storm worlds bench-small bench curves erlang fuzz \
	fuzz-minimise day instructions instructions-record scale peers program tuned

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "make %-19s %s\n", $$1, $$2 }'

# The example is built along because its dependencies decide with which features RocksDB is compiled.
demo: ## a bank's recorded calls through the real engine, with a report in the terminal and as HTML
	$(READY) cargo build $(FLAGS) --bin centrala --example quickstart
	@mkdir -p $(dir $(REPORT))
	$(READY) bash -c '"$$CARGO_TARGET_DIR/checks/centrala" replay examples/data/bank_calls.csv --days $(DAYS) --html $(REPORT)'
	@echo "The report with charts: file://$(abspath $(REPORT))"

test: ## all checks: format, lints, tests, benches run small, examples, documentation
	$(READY) bash scripts/test.sh

fix: ## mend what a tool can: format, lints, recorded outputs of scenarios (read the diff afterwards)
	$(READY) cargo fmt --all
	$(READY) cargo fmt --manifest-path benches/peers/Cargo.toml
	$(READY) cargo clippy $(FLAGS) --all-targets --fix --allow-dirty --allow-staged
	$(READY) cargo fmt --all
	$(READY) env UPDATE_SCENARIOS=1 cargo test $(FLAGS) --test scenarios
	@git --no-pager diff --stat -- tests/scenarios

format-fixture: ## writes the data directory of the present format in tests/formats anew, as long as it is unreleased
	$(READY) env UPDATE_FORMATS=1 cargo test $(FLAGS) --test formats

torture: faults ## kills the engine at random moments under load, 510 times at three settings; ROUNDS=N for each of them
	$(READY) env CENTRALA_KILL_ROUNDS=$(ROUNDS) cargo test $(FLAGS) --test crash -- --nocapture
	$(READY) env CENTRALA_OVERLOAD_MS=10000 CENTRALA_GROWTH=5 cargo test $(FLAGS) --test bounds -- --nocapture --skip a_day

faults: ## breaks the disk at every call of a workload, and 5,000 copies of what is on it (docs/faults.md)
	$(READY) env CENTRALA_FAULT_COMMANDS=$(COMMANDS) CENTRALA_FAULT_POINTS=1000000 CENTRALA_DAMAGED_COPIES=$(COPIES) \
		cargo test $(FLAGS) --test faults $(ONLY) -- --nocapture --test-threads=1

simulate: ## the engine over a simulated disk, 10,000 seeds with a judge; SEEDS=N for more, SEED=N for one
	@mkdir -p target
	$(READY) env CENTRALA_SIMULATION_SEEDS=$(SEEDS) CENTRALA_SIMULATION_SEED=$(SEED) \
		CENTRALA_SIMULATION_REPORT=$(abspath target/simulation.txt) \
		cargo test $(FLAGS) --lib as_many_simulations -- --ignored
	@[ -n "$(SEED)" ] || cat target/simulation.txt

fuzz: ## arbitrary input into parser, engine, codec and recovery, 20 minutes each; SECONDS=N for another time
	$(READY) bash scripts/fuzz.sh run $(SECONDS)

fuzz-minimise: ## keeps of what fuzzing has found as much as covers all of it
	$(READY) bash scripts/fuzz.sh minimise

day: ## a day of a contact centre with 300 operators on virtual time: nothing grows with time
	$(READY) env CENTRALA_DAY_ARRIVALS=$(PER_HOUR) cargo test $(FLAGS) --test bounds a_day -- --nocapture

storm: ## a million events through the router, with every invariant looked up after each
	$(READY) cargo test $(FLAGS) --lib a_storm_of_a_million -- --ignored

worlds: ## 100,000 random worlds, each routed by the router and by one that looks at everything; WORLDS=N for more
	$(READY) env PROPTEST_CASES=$(WORLDS) cargo test $(FLAGS) --lib the_router_directs_what_the_naive_one_directs

erlang: ## replays of a million arrivals against Erlang's formulas; writes the table of docs/erlang.md
	$(READY) cargo run $(FLAGS) --example erlang_check -- $(ARRIVALS) docs/erlang.md

bench-small: ## every bench once, to see that it still works
	$(READY) cargo test $(FLAGS) --benches

bench: ## every bench at full length, with figures
	$(READY) cargo bench --profile checks --all-features --benches

instructions: ## counts the instructions of the hot paths under valgrind; fails if one has grown by more than 10 %
	$(READY) cargo test $(FLAGS) --bench instructions -- check

instructions-record: ## records anew in benches/instructions.json how many instructions the hot paths take
	$(READY) cargo test $(FLAGS) --bench instructions -- record

curves: ## what finding and routing cost by size, measured and drawn into docs/curves.md
	$(READY) cargo bench --profile checks --all-features --bench routing --bench finding
	$(READY) cargo run $(FLAGS) --example curves -- docs routing_with_room routing_with_skills routing_many_waiting routing_many_channels finding

# PostgreSQL takes half a minute for a round, so three are the most for which one waits.
peers: ROUNDS = 3
peers: ## Redis and PostgreSQL as routers beside the engine, on the same disk; writes the table of docs/peers.md
	$(READY) bash scripts/program.sh
	$(READY) bash -c 'exec bash scripts/peers.sh "$$CARGO_TARGET_DIR/release/centrala" $(DIALOGS) $(ROUNDS) \
		$(or $(TUNE),--markdown docs/peers.md)'

program: ## the program as it is shipped: what `cargo build --release` builds, with the RocksDB that is there already
	$(READY) bash scripts/program.sh

tuned: ## the program, compiled for the paths that a load takes: an eighth faster (ten minutes; needs llvm-profdata)
	$(READY) bash scripts/tuned.sh

scale: ## what lifecycles cost by how much there is of everything, recorded in docs/data and drawn into docs/scale.md
	$(READY) cargo run $(FLAGS) --example scale -- measure docs/data/scale.jsonl
	$(READY) cargo run $(FLAGS) --example scale -- draw docs/data/scale.jsonl docs
