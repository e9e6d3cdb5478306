// TikTok's own event names, and what it requires of them.

const standard =
  'AddPaymentInfo AddToCart AddToWishlist ApplicationApproval CompleteRegistration Contact CustomizeProduct Download FindLocation InitiateCheckout Lead Pageview Purchase Schedule Search StartTrial SubmitApplication Subscribe ViewContent'
// Old names that TikTok still accepts.
const former = 'ClickButton CompletePayment PlaceAnOrder SubmitForm'

/** Events that TikTok optimizes for. Any other name is a custom event. */
export const standardEvents: readonly string[] = `${standard} ${former}`.split(' ')

/** Events that TikTok matches with the shop's catalog, by the content_id of each item. */
export const needContentId: readonly string[] =
  'AddToCart AddToWishlist CompletePayment InitiateCheckout PlaceAnOrder Purchase ViewContent'.split(' ')

/** Events that need a value, and an email address or a phone number. */
export const purchases: readonly string[] = ['CompletePayment', 'Purchase']
