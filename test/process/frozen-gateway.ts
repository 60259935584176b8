/**
 * A gateway that stands still after it has started the launcher and told the watcher, and before it lets
 * the resolver write: `node frozen-gateway.ts HOME terminal|session -- cmd…` says `frozen` then.
 */
import { writeSync } from 'node:fs'
import { launch } from '../../src/gateway/launch.ts'
import { Resolver } from '../../src/gateway/resolver.ts'
import { startWatcher } from '../../src/gateway/watcher.ts'
import { homeOf } from '../../src/state/home.ts'

const [dir = '', group, , ...command] = process.argv.slice(2)

class Frozen extends Resolver {
  override release(): void {
    writeSync(1, 'frozen\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
}

const resolver = new Frozen()
resolver.send({
  type: 'sheet',
  v: 1,
  run: 'run-1',
  gatewayPid: process.pid,
  fingerprintKey: homeOf({ SECRETREF_HOME: dir }).fingerprintKey,
  deadlineMs: 5000,
  providers: {},
  items: [],
  argumentBytes: 0,
  inherit: [],
  set: {},
  leases: { at: `${dir}/leases/run-1`, key: `${dir}/keys/lease.key` },
  ignoreSignals: [],
})
await resolver.fetched()
const watcher = startWatcher('')
await launch({
  command,
  cwd: dir,
  session: group === 'session',
  stdin: 'inherit',
  resolver,
  release: [],
  watcher,
})
