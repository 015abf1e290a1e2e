#!/usr/bin/env bash
# How much faster does a whole fleet answer than with the tools people use over ssh?
#
#   bash bench/vs-peers.sh [--targets 50,100] [--runs N] [--save]
#
# Everything happens in namespaces of its own, with loopback as the only network: an sshd with its own configuration and
# keys, and Garrison with a real controller and one real daemon per target. When this script ends, however it ends, the
# process namespace goes with it and nothing is left. support/vs-peers-main.ts does the measuring.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
root=$(dirname "$here")
export PATH=$root/node_modules/.bin:/usr/sbin:/usr/bin:/sbin:/bin # no pyenv, or ansible takes its Python

fail() {
  echo "vs-peers: $*" >&2
  exit 2
}

ensure_installed() {
  local missing=()
  command -v ip >/dev/null || missing+=(iproute2)
  [ -x /usr/sbin/sshd ] || missing+=(openssh-server)
  command -v ssh >/dev/null || missing+=(openssh-client)
  command -v clush >/dev/null || missing+=(clustershell)
  command -v ansible >/dev/null || missing+=(ansible-core)
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || fail "missing: ${missing[*]}; there is no apt-get here to install them"
  echo "installing ${missing[*]}" >&2
  install_quietly "${missing[@]}" || fail "missing: ${missing[*]}; apt-get could not install them, see above"
}

# A policy that forbids it keeps apt from starting an sshd of the system.
install_quietly() {
  local policy=/usr/sbin/policy-rc.d ours=no status=0
  if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2 || status=$?
  [ $ours = no ] || rm -f "$policy"
  return $status
}

# Inside the namespaces; $place is a directory for everything.
measure() {
  place=$1
  shift
  ip link set lo up
  mount -t tmpfs tmpfs /run
  mkdir -p /run/sshd "$place/home" "$place/ssh"
  ssh-keygen -q -t ed25519 -N '' -f "$place/ssh/host"
  ssh-keygen -q -t ed25519 -N '' -f "$place/ssh/user"
  write_configuration
  # Whoever logs in gets /bin/sh and an empty home: what root's own .bashrc does would be measured otherwise.
  grep -v '^root:' /etc/passwd >"$place/passwd"
  echo "root:x:0:0:root:$place/home:/bin/sh" >>"$place/passwd"
  id -u sshd >/dev/null 2>&1 || echo 'sshd:x:64999:65534::/run/sshd:/usr/sbin/nologin' >>"$place/passwd"
  printf 'root:*:19000:0:99999:7:::\n' >"$place/shadow" # a locked root may not log in, with a key neither
  mount --bind "$place/passwd" /etc/passwd
  mount --bind "$place/shadow" /etc/shadow
  /usr/sbin/sshd -f "$place/ssh/sshd_config" -E "$place/ssh/log"
  HOME=$place/home TMPDIR=$place VS_PEERS_PLACE=$place node "$here/support/vs-peers-main.ts" "$@"
}

write_configuration() {
  # 0.0.0.0, because sshd takes 16 addresses at most; nothing but loopback is there.
  cat >"$place/ssh/sshd_config" <<CONFIG
ListenAddress 0.0.0.0:42222
HostKey $place/ssh/host
AuthorizedKeysFile $place/ssh/user.pub
PidFile $place/ssh/pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
PrintLastLog no
MaxStartups 500
CONFIG
  echo "[127.0.1.*]:42222 $(cut -d' ' -f1,2 "$place/ssh/host.pub")" >"$place/ssh/known_hosts"
  cat >"$place/ssh/config" <<CONFIG
Host *
  User root
  Port 42222
  IdentityFile $place/ssh/user
  IdentitiesOnly yes
  UserKnownHostsFile $place/ssh/known_hosts
  GlobalKnownHostsFile /dev/null
  UpdateHostKeys no
  BatchMode yes
  LogLevel ERROR
CONFIG
  cat >"$place/ansible.cfg" <<CONFIG
[defaults]
forks = 50
interpreter_python = /usr/bin/python3
[ssh_connection]
ssh_args = -F $place/ssh/config -o ControlMaster=auto -o ControlPersist=60s
control_path = %(directory)s/%%h
CONFIG
}

if [ "${1:-}" = --inside ]; then
  shift
  measure "$@"
  exit
fi

[ "$(id -u)" -eq 0 ] || fail 'it makes namespaces and logs in as root, so it has to be started as root'
[ "$(uname -s)" = Linux ] || fail 'namespaces and /proc are needed, so Linux is'
command -v node >/dev/null || fail "there is no Node in $root/node_modules; run npm ci there first"
ensure_installed

place=$(mktemp -d)
inside=
cleanup() {
  trap - EXIT
  if [ -n "$inside" ]; then
    kill -KILL "$inside" 2>/dev/null || true # and with it, everything in its process namespace
    wait "$inside" 2>/dev/null || true
  fi
  for _ in 1 2 3 4 5; do rm -rf "$place" 2>/dev/null && break || sleep 0.2; done
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child --mount-proc \
  bash "$here/vs-peers.sh" --inside "$place" "$@" &
inside=$!
wait "$inside"
