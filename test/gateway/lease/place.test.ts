/** Whose a lease file is, by its name. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  abandonedLeases,
  claim,
  giveBack,
  issuedFor,
  leasePlace,
  type LeaseName,
} from '../../../src/gateway/lease/place.ts'
import { leaseFile, revokedMark } from '../../../src/gateway/lease/words.ts'
import { pidNamespace, startTimeOf } from '../../../src/gateway/surroundings.ts'
import type { Home } from '../../../src/state/home.ts'
import { momentAt } from '../../../src/state/moment.ts'
import { until } from '../../process/support.ts'
import { tempHome } from '../../state/folder.ts'

interface Place {
  home: Home
  loaded: Parameters<typeof abandonedLeases>[0]['loaded']
}

function gatewayOf(path = '/fake/config.json', home = tempHome()): Place {
  mkdirSync(home.leases, { recursive: true, mode: 0o700 })
  const loaded = { path, dir: '/fake', config: {}, hash: '', owner: 0, found: false, warnings: [] }
  return { home, loaded }
}

/** Makes a lease file of this process, under another owner if one is given. @returns its name */
function made(gateway: Place, owner?: string, run = 'run-1'): string {
  const { at } = leasePlace(gateway, run)
  const name = basename(leaseFile(at, 3, 'db.main'))
  const whose = owner === undefined ? name : name.replace(/^[^.]+/, owner)
  writeFileSync(join(gateway.home.leases, whose), '')
  return whose
}

const names = (found: readonly LeaseName[]): string[] => found.map(({ name }) => name)
const DEAD = `2147483646-1-${pidNamespace()}`
const FOREIGN = '7-1-1'

describe('a lease is nobody’s', () => {
  test('where its gateway is dead, or gave it up; not where it lives', () => {
    const gateway = gatewayOf()
    made(gateway)
    const left = [made(gateway, DEAD), made(gateway, '0-0-0')]
    expect(names(abandonedLeases(gateway)).toSorted()).toEqual(left.toSorted())
    // Its pid is ours by now, and it began at another time.
    const again = made(gateway, `${process.pid}-1-${pidNamespace()}`)
    expect(names(abandonedLeases(gateway))).toContain(again)
  })

  test('not where its gateway is stopped; where it has ended and nobody has waited for it', async () => {
    const gateway = gatewayOf()
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(String(line))
    const stateOf = (): string | undefined =>
      /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]
    const name = made(gateway, `${pid}-${startTimeOf(pid)}-${pidNamespace()}`)
    const silent = Date.now() / 1000 - 3600
    utimesSync(join(gateway.home.leases, name), silent, silent)
    process.kill(pid, 'SIGSTOP')
    await until('stopped', () => stateOf() === 'T')
    expect(abandonedLeases(gateway)).toEqual([])
    process.kill(pid, 'SIGKILL')
    await until('ended', () => stateOf() === 'Z')
    expect(names(abandonedLeases(gateway))).toEqual([name])
  })

  test('and what could not be revoked before comes after all others', () => {
    const gateway = gatewayOf()
    const kept = Array.from({ length: 70 }, (_, i) => made(gateway, '0-0-0', `run-${i}`))
    const fresh = made(gateway, DEAD, 'run-abc')
    expect(names(abandonedLeases(gateway))[0]).toBe(fresh)
    expect(abandonedLeases(gateway)).toHaveLength(kept.length + 1)
  })

  test('in another pid namespace: when its keeper has not touched it for three minutes', () => {
    const gateway = gatewayOf()
    const name = made(gateway, FOREIGN)
    expect(abandonedLeases(gateway)).toEqual([])
    const silent = Date.now() / 1000 - 181
    utimesSync(join(gateway.home.leases, name), silent, silent)
    expect(names(abandonedLeases(gateway))).toEqual([name])
  })

  test('not where the clock was set ahead and its gateway shows that it lives; where it was set back, too', () => {
    const gateway = gatewayOf()
    const { home } = gateway
    const name = made(gateway, FOREIGN)
    const touched = (seconds: number): void => utimesSync(join(home.leases, name), seconds, seconds)
    // Of before the clock was set ahead by a day; the sign knows of a clock that nobody sets.
    touched(Date.now() / 1000 - 86_400)
    mkdirSync(home.live, { recursive: true, mode: 0o700 })
    const { boot, up } = momentAt(new Date())
    writeFileSync(join(home.live, FOREIGN), `${boot} ${up}`)
    expect(abandonedLeases(gateway)).toEqual([])
    rmSync(join(home.live, FOREIGN))
    touched(Date.now() / 1000 + 86_400)
    expect(names(abandonedLeases(gateway))).toEqual([name])
  })

  test('for the config that it was issued under alone', () => {
    const gateway = gatewayOf()
    made(gateway, DEAD)
    const other = gatewayOf('/fake/other.json', gateway.home)
    expect(abandonedLeases(other)).toEqual([])
    expect(abandonedLeases(gateway)).toMatchObject([{ run: 'run-1', provider: 'db.main' }])
  })

  test('no other file is', () => {
    const gateway = gatewayOf()
    for (const name of ['.secretref-0123456789abcdef', 'a.age', '1-2-3.age', `${DEAD}.x.age`]) {
      writeFileSync(join(gateway.home.leases, name), '')
    }
    expect(abandonedLeases(gateway)).toEqual([])
    expect(abandonedLeases(gatewayOf('/fake/config.json', tempHome()))).toEqual([])
  })
})

test('of those that claim it one gets it, and then it is owned until it is given back', () => {
  const gateway = gatewayOf()
  made(gateway, DEAD)
  const [left] = abandonedLeases(gateway)
  if (left === undefined) throw new Error('nothing was left')
  const claimed = [claim(gateway.home, left), claim(gateway.home, left)]
  expect(claimed[1]).toBeUndefined()
  expect(abandonedLeases(gateway)).toEqual([])
  if (claimed[0] === undefined) throw new Error('nobody got it')
  giveBack(gateway.home, claimed[0])
  const [back] = abandonedLeases(gateway)
  expect(back).toMatchObject({ told: true, owner: '0-0-0', run: left.run, provider: left.provider })
  expect(readdirSync(gateway.home.leases)).toEqual([back?.name])
})

test('what was issued for one fetch is found by its place, and its mark is not', () => {
  const gateway = gatewayOf()
  made(gateway)
  const place = leasePlace(gateway, 'run-1')
  expect(dirname(place.at)).toBe(gateway.home.leases)
  expect(issuedFor(place)).toEqual([])
  const file = leaseFile(place.at, 0, 'db')
  writeFileSync(file, '')
  writeFileSync(revokedMark(leaseFile(place.at, 1, 'db')), '')
  expect(names(issuedFor(place))).toEqual([basename(file)])
})
