/** Sheets as the gateway writes them, over real files and programs in a folder of the test's own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Sheet, SheetItem } from '../../../src/gateway/sheet.ts'
import type { ChainStep } from '../../../src/plan/types.ts'

export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-resolver-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

export function item(
  ref: string,
  chain: readonly ChainStep[],
  more: Partial<SheetItem> = {},
): SheetItem {
  const envVar = ref.toUpperCase().replaceAll('-', '_')
  const rest = { delivery: 'env', pathInEnvVar: false, fallbackOn: ['unavailable'] } as const
  return { ref, envVar, chain, ...rest, ...more }
}

/** In a JSON file of the file provider `provider`. */
export function inFile(key: string, provider = 'file'): ChainStep {
  return { provider, at: { path: '', field: key } }
}

/** A variable, or an id of a program. */
export function named(path: string, provider: string): ChainStep {
  return { provider, at: { path } }
}

export function sheetOf(
  dir: string,
  providers: Sheet['providers'],
  items: readonly SheetItem[],
  more: Partial<Sheet> = {},
): Sheet {
  return {
    type: 'sheet',
    v: 1,
    run: 'test',
    fingerprintKey: join(dir, 'keys', 'fingerprint.key'),
    deadlineMs: 10_000,
    providers,
    items,
    argumentBytes: 0,
    inherit: [],
    set: {},
    leases: { at: join(dir, 'leases', 'test'), key: join(dir, 'keys', 'lease.key') },
    ignoreSignals: [],
    ...more,
  }
}

/** A file provider whose one file holds `entries`. */
export function fileProvider(
  dir: string,
  entries: object,
  more: object = {},
): Sheet['providers'][string] {
  const path = join(dir, `secrets-${Object.keys(entries).join('-')}.json`)
  writeFileSync(path, JSON.stringify(entries), { mode: 0o600 })
  return { type: 'file', options: { path, ...more } }
}

/** An exec provider: a shell script. */
export function execProvider(
  dir: string,
  script: string,
  more: object = {},
): Sheet['providers'][string] {
  const command = join(mkdtempSync(join(dir, 'exec-')), 'program')
  writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  return { type: 'exec', options: { command, ...more } }
}

/** What such a program says when it answers. */
export function answer(values: object, errors: object = {}): string {
  return `echo '${JSON.stringify({ protocolVersion: 1, values, errors })}'`
}
