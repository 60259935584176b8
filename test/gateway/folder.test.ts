import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import {
  abandonedFolders,
  makePrivateFolder,
  privatePlaces,
  removePrivateFolder,
  sweepPrivateFolders,
} from '../../src/gateway/folder.ts'
import { pidNamespace, startTimeOf } from '../../src/gateway/surroundings.ts'
import { homeOf, type Home } from '../../src/state/home.ts'
import { isLinux, isRoot } from '../process/support.ts'
import { loudly, skipLoudly } from '../values/loud.ts'

interface Places {
  home: Home
  /** A tmpfs folder of ours, as a login session has one. */
  runtime: string
  env: Record<string, string>
}

function places(): Places {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-folder-'))
  const runtime = mkdtempSync('/dev/shm/test-secretref-')
  onTestFinished(() => {
    for (const made of [dir, runtime]) rmSync(made, { recursive: true, force: true })
  })
  const env = { SECRETREF_HOME: join(dir, 'state'), XDG_RUNTIME_DIR: runtime }
  return { home: homeOf(env), runtime, env }
}

/** No process has this pid: it is above what Linux gives (proc(5), pid_max). */
const NOBODY = 4_194_305

function leave(dir: string, middle: string, mode = 0o700): string {
  const folder = join(dir, `secretref-${middle}-${randomBytes(3).toString('hex')}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '0-KEY'), 'fake-value')
  chmodSync(folder, mode)
  return folder
}

if (!isLinux) loudly('private folders', 'needs /dev/shm')
describe.runIf(isLinux)('a private folder', () => {
  test('is ours alone, on tmpfs, whatever the umask', () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const { home, runtime, env } = places()
    const folder = makePrivateFolder(home, env)
    expect(dirname(folder)).toBe(runtime)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statfsSync(folder).type).toBe(0x01021994)
    const own = `secretref-${process.pid}-${startTimeOf(process.pid)}-${pidNamespace()}-`
    expect(basename(folder).startsWith(own)).toBe(true)
    expect(makePrivateFolder(home, env)).not.toBe(folder)
    removePrivateFolder(folder)
    expect(existsSync(folder)).toBe(false)
  })

  test.each(['open', 'link', 'disk', 'missing', 'relative'])(
    'is not in a runtime folder that is %s',
    (how) => {
      const { home, runtime, env } = places()
      const other = join(dirname(home.dir), 'other')
      if (how === 'open') chmodSync(runtime, 0o755)
      if (how === 'disk') mkdirSync(other, { mode: 0o700 })
      if (how === 'link') symlinkSync(runtime, other)
      if (how !== 'open') env['XDG_RUNTIME_DIR'] = how === 'relative' ? 'other' : other
      // On a machine whose /tmp is a tmpfs, a folder there is as good as any.
      if (how === 'disk' && statfsSync(other).type === 0x01021994) return
      const dirs = privatePlaces(home, env).map(({ dir }) => dir)
      expect(dirs).toEqual(['/dev/shm', home.run])
    },
  )

  test('goes with everything in it; a link, a file and an open folder by its name stay', () => {
    const { runtime } = places()
    const folder = leave(runtime, '1-1-1')
    mkdirSync(join(folder, 'deep/er'), { recursive: true })
    const outside = leave(runtime, 'outside')
    symlinkSync(outside, join(folder, 'deep/link'))
    removePrivateFolder(folder)
    expect(existsSync(folder)).toBe(false)
    expect(existsSync(join(outside, '0-KEY'))).toBe(true)

    const link = join(runtime, 'secretref-1-1-1-link')
    symlinkSync(outside, link)
    const file = join(runtime, 'secretref-1-1-1-file')
    writeFileSync(file, '')
    const open = leave(runtime, '1-1-1', 0o750)
    for (const path of [link, file, open]) {
      removePrivateFolder(path)
      expect(lstatSync(path)).toBeDefined()
    }
    expect(readFileSync(join(outside, '0-KEY'), 'utf8')).toBe('fake-value')
    expect(() => removePrivateFolder(join(runtime, 'nowhere'))).not.toThrow()
  })
})

describe.runIf(isLinux)('what a killed gateway left behind', () => {
  test('goes; what a living one uses stays', () => {
    const { home, runtime, env } = places()
    const space = pidNamespace()
    const dead = leave(runtime, `${NOBODY}-1-${space}`)
    const again = leave(runtime, `${process.pid}-1-${space}`)
    const living = leave(runtime, `${process.pid}-${startTimeOf(process.pid)}-${space}`)
    expect(abandonedFolders(home, env).toSorted()).toEqual([dead, again].toSorted())
    expect(sweepPrivateFolders(home, env)).toBe(2)
    for (const path of [dead, again]) expect(existsSync(path)).toBe(false)
    expect(existsSync(join(living, '0-KEY'))).toBe(true)
  })

  test('stays on a shared tmpfs where it is another container’s; on our own disk it goes', () => {
    const { home, runtime, env } = places()
    const theirs = leave(runtime, `${NOBODY}-1-12345`)
    mkdirSync(home.run, { recursive: true, mode: 0o700 })
    const earlier = leave(home.run, `${NOBODY}-1-12345`)
    sweepPrivateFolders(home, env)
    expect(existsSync(theirs)).toBe(true)
    expect(existsSync(earlier)).toBe(false)
  })

  test('a link by such a name stays, and what it leads to', () => {
    const { home, runtime, env } = places()
    const target = leave(runtime, 'target')
    const link = join(runtime, `secretref-${NOBODY}-1-${pidNamespace()}-AbCdEf`)
    symlinkSync(target, link)
    expect(sweepPrivateFolders(home, env)).toBe(0)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(existsSync(join(target, '0-KEY'))).toBe(true)
  })

  test('a folder that others can enter, a file, and other names stay', () => {
    const { home, runtime, env } = places()
    const space = pidNamespace()
    const kept = [
      leave(runtime, `${NOBODY}-1-${space}`, 0o755),
      leave(runtime, `${NOBODY}-${space}`),
      leave(runtime, `x${NOBODY}-1-${space}`),
      leave(runtime, `${NOBODY}-1-${space}-more`),
    ]
    const file = join(runtime, `secretref-${NOBODY}-1-${space}-AbCdEf`)
    writeFileSync(file, '')
    expect(sweepPrivateFolders(home, env)).toBe(0)
    for (const path of [...kept, file]) expect(existsSync(path)).toBe(true)
  })

  test('somebody else’s stays', (context: TestContext) => {
    if (!isRoot) skipLoudly(context, 'a folder of another user', 'not root')
    const { home, runtime, env } = places()
    const theirs = leave(runtime, `${NOBODY}-1-${pidNamespace()}`)
    chownSync(theirs, 12_345, 12_345)
    expect(sweepPrivateFolders(home, env)).toBe(0)
    expect(existsSync(theirs)).toBe(true)
  })

  test('behind a run folder that is a link nothing is touched', () => {
    const { home, runtime, env } = places()
    const target = join(runtime, 'target')
    const left = leave(target, `${NOBODY}-1-1`)
    mkdirSync(home.dir, { recursive: true, mode: 0o700 })
    symlinkSync(target, home.run)
    sweepPrivateFolders(home, env)
    expect(existsSync(left)).toBe(true)
  })
})
