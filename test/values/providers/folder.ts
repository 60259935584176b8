/** A private folder for a test, and what it takes to look at it as somebody else. */
import { chownSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'
import { isRoot, skipLoudly } from '../loud.ts'

/** 0700, ours, removed when the test has finished. */
export function privateFolder(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'secretref-file-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Skips where a folder above the temporary one keeps others out anyway. */
export function needReachableTmp(context: TestContext): void {
  for (let dir = realpathSync(tmpdir()); ; dir = dirname(dir)) {
    if ((statSync(dir).mode & 0o011) === 0) {
      skipLoudly(context, 'a file that others can reach', `${dir} keeps them out`)
    }
    if (dir === dirname(dir)) return
  }
}

const NOBODY = 65534

/** Gives `paths` to an ordinary user where we are root, who is denied nothing. */
export function giveAway(...paths: readonly string[]): void {
  if (isRoot) for (const path of paths) chownSync(path, NOBODY, NOBODY)
}

/** Does `work` as that ordinary user. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return work()
  process.seteuid?.(NOBODY)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}
