export type Child = Node | string | false | undefined
export type Attributes = Record<string, string | boolean | undefined>

/** Creates an element with its class or its attributes. An attribute that is false or undefined is left out. */
export type Build = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: string | Attributes,
  ...children: Child[]
) => HTMLElementTagNameMap[Tag]

/** Builds nodes, never HTML: text stays text, and Trusted Types do not apply. */
export function builderOf(document: Document): Build {
  return (tag, attributes, ...children) => {
    const element = document.createElement(tag)
    const named = typeof attributes === 'string' ? { class: attributes || false } : attributes
    for (const [name, value] of Object.entries(named))
      if (value !== false && value !== undefined) element.setAttribute(name, value === true ? '' : value)
    for (const child of children) if (child !== false && child !== undefined) element.append(child)
    return element
  }
}
