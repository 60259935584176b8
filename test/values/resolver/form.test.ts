/** Whether a value has the form of its target: one word, and only where a sheet asks for it. */
import { expect, test } from 'vitest'
import { fingerprinter } from '../../../src/values/secret/fingerprint.ts'
import { fetchAll } from '../../../src/values/resolver/fetch.ts'
import { fileProvider, folder, inFile, item, sheetOf } from './sheets.ts'

/** In two pieces, so that no scanner takes it for a real one. */
const STRIPE = ['sk_live_', 'fake0fake0fake0fake0fake0'].join('')

test('fits, does not, or nothing is said; without being asked nothing is', async () => {
  const dir = folder()
  const file = fileProvider(dir, { good: STRIPE, other: 'fake-value-of-another-form' })
  const targets = ['stripe-secret-key']
  const items = [
    item('good', [inFile('good')], { targets }),
    item('other', [inFile('other')], { targets }),
    item('mine', [inFile('other')], { targets: ['no-such-target'] }),
    item('unasked', [inFile('other')]),
    item('missing', [inFile('missing')], { targets }),
  ]
  const sheet = sheetOf(dir, { file }, items)
  const fingerprint = fingerprinter(sheet.fingerprintKey)
  const held = await fetchAll(sheet, new Map(), fingerprint, new AbortController().signal)
  const forms = held.map(({ report }) => (report.outcome === 'value' ? report.form : 'failure'))
  expect(forms).toEqual(['fits', 'unfit', undefined, undefined, 'failure'])
  expect(JSON.stringify(held.map(({ report }) => report))).not.toMatch(/fake/)
})
