import { own } from '../core/read.ts'

/** Up to 50 letters, digits, `-` and `_`: first a letter, last a letter or a digit. */
export const eventNameRule = /^(?!.{51})[a-z]([\w-]*[a-z\d])?$/i

/** Old names, which TikTok's pixel 2.2.1 replaces on the wire, and Converge's name for TikTok's page view. */
const renamed: Readonly<Record<string, string>> = {
  CompletePayment: 'Purchase',
  SubmitForm: 'Lead',
  Checkout: 'PlaceAnOrder',
  Registration: 'CompleteRegistration',
  StartCheckout: 'InitiateCheckout',
  AddBilling: 'AddPaymentInfo',
  ViewForm: 'ViewContent',
  ViewConsultationPage: 'ViewContent',
  ViewDownloadPage: 'ViewContent',
  ClickForm: 'ClickButton',
  ClickInDownloadPage: 'ClickButton',
  ClickInConsultationPage: 'ClickButton',
  ClickToDownload: 'Download',
  Consult: 'Contact',
  ConsultByPhone: 'Contact',
  PageView: 'Pageview',
}

/** The name that an event has on TikTok's wire. Both copies must carry it, or TikTok counts two events. */
export const currentName = (event: string): string => own(renamed, event) ?? event
