/**
 * The transactions of a made-up shop: 30 days in three currencies, by the clock of a business (few at
 * night). A known few are not like the others; `anomalous` says which, so that a test can check what
 * the agent finds. Fields as in https://docs.stripe.com/api/charges/object, those that matter here.
 */
import { seeded, type Random } from './random.ts'

export interface StripeCharge {
  id: string
  object: 'charge'
  amount: number
  amount_captured: number
  amount_refunded: number
  captured: boolean
  /** Seconds since 1970. */
  created: number
  currency: string
  customer: string
  description: string
  disputed: boolean
  failure_code: string | null
  livemode: false
  metadata: Record<string, never>
  paid: boolean
  payment_method_details: {
    type: 'card'
    card: { brand: string; fingerprint: string; last4: string }
  }
  refunded: boolean
  status: 'succeeded' | 'failed'
}

export interface MadeUp {
  /** Newest first, as Stripe lists them. */
  charges: readonly StripeCharge[]
  /** Ids, by what is odd about them. */
  anomalous: { large: readonly string[]; small: readonly string[]; burst: readonly string[] }
}

/** Per currency: share of all charges, median amount in the smallest unit, spread of its logarithm. */
const CURRENCIES = [
  { code: 'usd', share: 0.58, median: 4200, spread: 0.55 },
  { code: 'eur', share: 0.27, median: 3900, spread: 0.5 },
  { code: 'jpy', share: 0.15, median: 5800, spread: 0.45 },
] as const
const ORDINARY = 1240
const CUSTOMERS = 160
const HOUR = 3600
/** A little less than the 30 days that the agent asks for, so that its question covers them all. */
const SPAN = 30 * 24 * HOUR - 2 * HOUR
const BRANDS = ['visa', 'mastercard', 'amex', 'jcb'] as const
const GOODS = [
  'Starter plan',
  'Team plan',
  'Extra seats',
  'Course',
  'E-book bundle',
  'Workshop',
] as const

export function madeUpCharges(now: Date, seed = 20260308): MadeUp {
  const random = seeded(seed)
  const end = Math.floor(now.getTime() / 1000 / HOUR) * HOUR
  const customers: [Customer, ...Customer[]] = [customerFrom(random)]
  while (customers.length < CUSTOMERS) customers.push(customerFrom(random))
  const someone = (): Customer => random.pick(customers)
  const charges: StripeCharge[] = []
  const add = (customer: Customer, created: number, currency: Currency, amount: number): string => {
    const charge = chargeFrom(random, customer, created, currency, amount)
    charges.push(charge)
    return charge.id
  }

  for (let n = 0; n < ORDINARY; n += 1) {
    const currency = currencyFrom(random)
    add(someone(), momentFrom(random, end), currency, usualAmount(random, currency))
  }
  const large = Array.from({ length: 9 }, (_, n) => {
    const currency = CURRENCIES[n % 3] ?? CURRENCIES[0]
    const amount = Math.round(currency.median * (14 + 26 * random.unit()))
    return add(someone(), momentFrom(random, end), currency, amount)
  })
  const small = Array.from({ length: 3 }, () =>
    add(someone(), momentFrom(random, end), CURRENCIES[0], 50 + random.below(20)),
  )
  // A new customer, twelve charges of an ordinary size within four minutes: only the pace is odd.
  const payer = customerFrom(random)
  const start = end - 5 * 24 * HOUR + 3 * HOUR + 700
  const burst = Array.from({ length: 12 }, (_, n) =>
    add(
      payer,
      start + n * 20 + random.below(15),
      CURRENCIES[1],
      usualAmount(random, CURRENCIES[1]),
    ),
  )
  charges.sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1))
  return { charges, anomalous: { large, small, burst } }
}

type Currency = (typeof CURRENCIES)[number]
interface Customer {
  id: string
  brand: string
  fingerprint: string
  last4: string
}

function customerFrom(random: Random): Customer {
  return {
    id: `cus_${random.word(14)}`,
    brand: random.pick(BRANDS),
    fingerprint: random.word(16),
    last4: String(random.below(10_000)).padStart(4, '0'),
  }
}

function currencyFrom(random: Random): Currency {
  const at = random.unit()
  if (at < CURRENCIES[0].share) return CURRENCIES[0]
  return at < CURRENCIES[0].share + CURRENCIES[1].share ? CURRENCIES[1] : CURRENCIES[2]
}

function usualAmount(random: Random, currency: Currency): number {
  return Math.round(currency.median * Math.exp(currency.spread * random.normal()))
}

/** A second within the span; an hour of the night is drawn again four times out of five. */
function momentFrom(random: Random, end: number): number {
  for (;;) {
    const moment = end - 1 - random.below(SPAN)
    const hour = Math.floor(moment / HOUR) % 24
    if ((hour >= 7 && hour < 22) || random.unit() < 0.2) return moment
  }
}

function chargeFrom(
  random: Random,
  customer: Customer,
  created: number,
  currency: Currency,
  amount: number,
): StripeCharge {
  const failed = random.unit() < 0.05
  const refunded = !failed && random.unit() < 0.03
  const { id, brand, fingerprint, last4 } = customer
  return {
    id: `ch_${random.word(24)}`,
    object: 'charge',
    amount,
    amount_captured: failed ? 0 : amount,
    amount_refunded: refunded ? amount : 0,
    captured: !failed,
    created,
    currency: currency.code,
    customer: id,
    description: random.pick(GOODS),
    disputed: false,
    failure_code: failed ? 'card_declined' : null,
    livemode: false,
    metadata: {},
    paid: !failed,
    payment_method_details: { type: 'card', card: { brand, fingerprint, last4 } },
    refunded,
    status: failed ? 'failed' : 'succeeded',
  }
}
