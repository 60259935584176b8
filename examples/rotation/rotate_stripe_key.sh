#!/usr/bin/env bash
# Rotates a key of Stripe, as a program of the rotation driver "exec" (docs/rotation-exec.md).
#
# It takes the place of a script that is often seen, and was wrong four times:
#
#   NEW_KEY=$(openssl rand -hex 32)
#   aws secretsmanager put-secret-value --secret-id stripe-api-key --secret-string "{\"value\":\"$NEW_KEY\"…
#
#   1. Stripe never issued that "key", so it opens nothing: from the first run on, every call of every
#      agent is a 401. Stripe has no public call that makes keys; a person makes one in its dashboard.
#   2. The key stands in the arguments of `aws`, where every user of the machine can read it (ps, /proc).
#   3. It was not tried before it took the place of the one that worked.
#   4. The old key lived on for ever, and nobody knew of it.
#
# Here a person rolls the key in the dashboard (https://dashboard.stripe.com/apikeys, "Roll key", with an
# expiration of a day or so), and puts the new one where this program finds it:
#
#   install -m 600 /dev/null ~/.stripe-new-key && cat > ~/.stripe-new-key      # paste, Return, Ctrl-D
#
# Then the rotation goes on: the new key is tried, as the same account, and promoted; the old one is seen
# to end. No key is ever an argument or an environment variable: in here it is a variable of the shell, and
# curl gets it on its stdin.
#
# HANDOVER   the file with the new key; yours, 0600. In the config: "env": { "HANDOVER": "/home/you/.stripe-new-key" }
# STRIPE_API left out: https://api.stripe.com
set -euo pipefail
umask 077

api=${STRIPE_API:-https://api.stripe.com}
handover=${HANDOVER:?the file that the new key is put into, an absolute path}

form='^(sk|rk)_(live|test)_[A-Za-z0-9]{10,247}$'

answer() {
  printf '%s\n' "$1"
  exit 0
}

# What we are asked is one line of JSON that SecretRef wrote. A key has no character that JSON escapes, so
# what is found here is a whole key, or nothing.
IFS= read -r request || answer '{"error":"unavailable"}'
[[ $request =~ \"protocol\":1,\"step\":\"([a-z]+)\" ]] || answer '{"error":"unavailable"}'
step=${BASH_REMATCH[1]}

current=''
if [[ $request =~ \"current\":\{(\"id\":\"[A-Za-z0-9._:/-]*\",)?\"value\":\"([A-Za-z0-9_]+)\"\} ]]; then
  current=${BASH_REMATCH[2]}
fi

case $step in
  create)
    # Nobody has put one there yet: that is no failure, the next run looks again.
    [[ -e $handover ]] || answer '{"error":"waiting"}'
    [[ -f $handover && -O $handover && ! -L $handover ]] || answer '{"error":"refused"}'
    [[ $(stat -c %a "$handover" 2>/dev/null || stat -f %Lp "$handover") == 600 ]] || answer '{"error":"refused"}'
    key=''
    IFS= read -r key < "$handover" || [[ -n $key ]] || answer '{"error":"waiting"}'
    [[ $key =~ $form ]] || answer '{"error":"refused","reason":"not-a-key"}'
    # The file stays until the key is current: were we killed now, the next run would need it again.
    answer "{\"value\":\"$key\"}"
    ;;

  # We make none, so a run that was killed has left none behind.
  marked) answer '{"ids":[]}' ;;

  try)
    [[ $current =~ $form ]] || answer '{"error":"refused","reason":"not-a-key"}'
    # A call that reads, and changes nothing: https://docs.stripe.com/api/accounts/retrieve
    reply=$(printf 'header = "Authorization: Bearer %s"\n' "$current" |
      curl --silent --max-time 20 --config - --write-out '\n%{http_code}' "$api/v1/account") ||
      answer '{"error":"unavailable"}'
    status=${reply##*$'\n'}
    account=''
    # A restricted key may not read this, and is told so: then the error names the account.
    if [[ $reply =~ \"id\":\ ?\"(acct_[A-Za-z0-9]+)\" || $reply =~ on\ account\ \'(acct_[A-Za-z0-9]+)\' ]]; then
      account=${BASH_REMATCH[1]}
    fi
    case $status in
      401) answer '{"error":"refused"}' ;;
      200 | 403) [[ -n $account ]] && answer "{\"account\":\"$account\"}" ;;
    esac
    answer '{"error":"unavailable"}'
    ;;

  # The new one is current. The old one ends at the time that was chosen in the dashboard: class "roll".
  end)
    rm -f -- "$handover"
    answer '{}'
    ;;

  *) answer '{"error":"refused"}' ;;
esac
