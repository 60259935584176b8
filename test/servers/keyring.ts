/**
 * A real Secret Service for tests: gnome-keyring on a D-Bus of its own, with a home of its own. Debian's
 * packages `gnome-keyring` and `dbus`.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Keyring {
  /** What a process needs in its environment to find it. */
  env: { DBUS_SESSION_BUS_ADDRESS: string; HOME: string; XDG_RUNTIME_DIR: string }
  stop(): Promise<void>
}

const SCRIPT = `
if [ "$1" = unlocked ]; then
  printf 'fake-keyring-password\\n' | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
else
  gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
fi
printf '%s\\n' "$DBUS_SESSION_BUS_ADDRESS"
cat >/dev/null
`

export const hasKeyring =
  process.platform === 'linux' &&
  ['dbus-run-session', 'gnome-keyring-daemon'].every(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
  )

/** @param state `locked`: a keychain that nobody has unlocked, and nobody can be asked to */
export async function startKeyring(state: 'unlocked' | 'locked' = 'unlocked'): Promise<Keyring> {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-keyring-'))
  const [HOME, XDG_RUNTIME_DIR] = [join(dir, 'home'), join(dir, 'run')]
  for (const folder of [HOME, XDG_RUNTIME_DIR]) mkdirSync(folder, { mode: 0o700 })
  const env = { HOME, XDG_RUNTIME_DIR, PATH: process.env['PATH'] ?? '/usr/bin:/bin' }
  const session = spawn('dbus-run-session', ['--', 'sh', '-c', SCRIPT, 'sh', state], {
    env,
    // A group of its own: what the bus starts by itself ends with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const DBUS_SESSION_BUS_ADDRESS = await firstLine(session)
  return {
    env: { DBUS_SESSION_BUS_ADDRESS, HOME, XDG_RUNTIME_DIR },
    stop: async () => {
      const closed = new Promise((resolve) => session.once('close', resolve))
      session.stdin?.end()
      await closed
      try {
        if (session.pid !== undefined) process.kill(-session.pid, 'SIGKILL')
      } catch {
        // All of it has ended already.
      }
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function firstLine(session: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    session.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    session.once('error', reject).once('close', () => reject(new Error('no D-Bus session began')))
  })
}
