#!/bin/sh
# Fetches the CA bundle and the revocation lists and lets nginx read them anew when they have changed. Run it every minute
# (garrison-revocation-lists.timer beside this file, or cron): the lists are good for a day and change with every revocation.
#
# usage: refresh-revocation-lists.sh [API-URL [DIRECTORY]]
set -eu
api=${1:-http://127.0.0.1:7070}
directory=${2:-/etc/garrison/nginx}
nginx=${NGINX:-nginx}

changed=no
for file in ca.pem crl.pem; do
  new=$(mktemp "$directory/.$file.XXXXXX")
  trap 'rm -f "$new"' EXIT
  curl --silent --show-error --fail --max-time 20 --output "$new" "$api/pki/$file"
  if ! cmp -s "$new" "$directory/$file"; then
    chmod 644 "$new"
    mv "$new" "$directory/$file"
    changed=yes
  fi
  rm -f "$new"
done

[ "$changed" = no ] || { $nginx -t -q && $nginx -s reload; }
