#!/usr/bin/env bash
# Sets up all that the tests need and runs every test. Usage: ./test.sh [TEST_PROJECT...]   (for example ./test.sh Engine.Tests)
# Exit code 0 only if every test passed, none was lost, and the engine's line coverage is above its floor.
set -euo pipefail
cd "$(dirname "$0")"

engine_coverage_floor=90
# Fewest tests that each project must run: a project that silently runs none is a failure.
declare -A fewest=(
  [Architecture.Tests]=40 [Engine.Tests]=2000 [Offline.Tests]=140 [Adapters.Tests]=700 [LocalHost.Tests]=150
  [Orchestrations.Tests]=50 [Functions.Tests]=140 [Cli.Tests]=160 [EndToEnd.Tests]=15 [Infra.Tests]=100
)
order=(Architecture.Tests Infra.Tests Engine.Tests Offline.Tests Adapters.Tests LocalHost.Tests Orchestrations.Tests Functions.Tests Cli.Tests EndToEnd.Tests)
seconds_per_project=1500

need() { command -v "$1" >/dev/null 2>&1 || { echo "test.sh: '$1' is missing: $2" >&2; exit 1; }; }
need dotnet "install the .NET 10 SDK"
need npm "install Node.js 20 or newer"
need "${HPO_PYTHON:-python3}" "install Python 3.9 or newer, or set HPO_PYTHON"

# One example trains with scikit-learn, which Debian's own Python can have.
has_sklearn() { "$1" -c 'import sklearn' >/dev/null 2>&1; }
if ! has_sklearn "${HPO_PYTHON:-python3}" && ! has_sklearn /usr/bin/python3; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "== Installing scikit-learn (once)"
    apt-get install -y -qq --no-install-recommends python3-sklearn >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-sklearn; } >/dev/null
  fi
  has_sklearn /usr/bin/python3 || { echo "test.sh: scikit-learn is missing: run 'apt-get install python3-sklearn', or set HPO_PYTHON to a Python that has it" >&2; exit 1; }
fi

# The executor over SSH is tested against a real server on the loopback address.
has_sshd() { [ -x /usr/sbin/sshd ] || [ -x /usr/bin/sshd ] || [ -x /usr/local/sbin/sshd ]; }
if ! has_sshd || ! command -v ssh >/dev/null 2>&1 || ! command -v ssh-keygen >/dev/null 2>&1; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "== Installing OpenSSH (once)"
    apt-get install -y -qq --no-install-recommends openssh-server openssh-client >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get install -y -qq --no-install-recommends openssh-server openssh-client; } >/dev/null
  fi
  has_sshd || { echo "test.sh: the OpenSSH server is missing: run 'apt-get install openssh-server openssh-client'" >&2; exit 1; }
fi

# The executor on Slurm is tested on a real cluster of one node.
has_slurm() { [ -x /usr/sbin/slurmctld ] && [ -x /usr/sbin/slurmd ] && [ -x /usr/sbin/munged ] && command -v sbatch >/dev/null 2>&1; }
if ! has_slurm; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "== Installing Slurm (once)"
    apt-get install -y -qq --no-install-recommends slurm-wlm munge >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get install -y -qq --no-install-recommends slurm-wlm munge; } >/dev/null
  fi
  has_slurm || { echo "test.sh: Slurm is missing: run 'apt-get install slurm-wlm munge'" >&2; exit 1; }
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Azurite, and what parses Bicep.
for tool in azurite infra; do
  if [ ! -f tests/$tool/node_modules/.package-lock.json ] || [ tests/$tool/package-lock.json -nt tests/$tool/node_modules/.package-lock.json ]; then
    echo "== Installing the packages of tests/$tool (once)"
    npm ci --prefix tests/$tool --ignore-scripts --silent --no-audit --no-fund
  fi
done

echo "== Building"
dotnet build HpoServerless.sln -c Release -v quiet -nologo -clp:ErrorsOnly

passed=0 failed=0 broken=()

if [ $# -eq 0 ]; then
  echo "== Python harness"
  if ! timeout $seconds_per_project "${HPO_PYTHON:-python3}" -m unittest discover -s python/tests -t python >"$results/python.log" 2>&1; then
    cat "$results/python.log"
    broken+=("python")
  fi
  count=$(sed -n 's/^Ran \([0-9]*\) tests* in .*/\1/p' "$results/python.log" | tail -1)
  bad=$(sed -n 's/^FAILED (\(.*\))$/\1/p' "$results/python.log" | grep -oE '[0-9]+' | paste -sd+ - | bc 2>/dev/null || echo 0)
  [ "${count:-0}" -ge 40 ] || broken+=("python ran only ${count:-0} tests")
  passed=$((passed + ${count:-0} - ${bad:-0})) failed=$((failed + ${bad:-0}))
  tail -3 "$results/python.log" | sed '/^$/d'
  set -- "${order[@]}"
fi

for project in "$@"; do
  echo "== $project"
  log=$results/$project.log
  status=0
  if [ "$project" = Engine.Tests ]; then
    timeout $seconds_per_project dotnet test tests/Engine.Tests -c Release --no-build -v quiet -nologo \
      --settings tests/coverage.runsettings --results-directory "$results/coverage" >"$log" 2>&1 || status=$?
    total=$(sed -n 's/.*Total: *\([0-9]*\).*/\1/p' "$log" | tail -1)
    bad=$(sed -n 's/.*Failed: *\([0-9]*\).*/\1/p' "$log" | tail -1)
  else
    timeout $seconds_per_project dotnet "artifacts/bin/$project/release/HpoServerless.$project.dll" -noColor -noLogo >"$log" 2>&1 || status=$?
    total=$(sed -n 's/.*Total: *\([0-9]*\),.*/\1/p' "$log" | tail -1)
    bad=$(sed -n 's/.*Total: .*Errors: *\([0-9]*\), Failed: *\([0-9]*\),.*/\1 + \2/p' "$log" | tail -1)
    bad=$((${bad:-0}))
  fi
  total=${total:-0} bad=${bad:-0}
  passed=$((passed + total - bad)) failed=$((failed + bad))
  if [ $status -ne 0 ] || [ "$bad" -ne 0 ]; then
    grep -vE '^ *(Discover|Starting|Finished)' "$log" | tail -200
    [ $status -eq 124 ] && echo "$project did not end within $seconds_per_project s"
    broken+=("$project")
  fi
  [ "$total" -ge "${fewest[$project]:-1}" ] || broken+=("$project ran $total tests, fewer than ${fewest[$project]:-1}")
  echo "$total tests, $bad failed"

  if [ "$project" = Engine.Tests ]; then
    report=$(find "$results/coverage" -name coverage.cobertura.xml 2>/dev/null | head -1)
    percent=$(sed -n 's/.*<coverage line-rate="\([0-9.]*\)".*/\1/p' "${report:-/dev/null}" | head -1 | awk '{printf "%.1f", $1 * 100}')
    echo "Engine line coverage: ${percent:-unknown} % (floor $engine_coverage_floor %)"
    awk -v p="${percent:-0}" -v f=$engine_coverage_floor 'BEGIN { exit !(p >= f) }' || broken+=("engine line coverage ${percent:-unknown} %")
  fi
done

echo "$passed passed, $failed failed"
if [ ${#broken[@]} -ne 0 ]; then
  printf 'Not in order: %s\n' "${broken[@]}" >&2
  exit 1
fi
