import type { ComponentProps } from 'react';

interface ScrollableProps extends ComponentProps<'div'> {
  readonly label: string;
}

/** A part of a page that scrolls by itself. It takes part in the order of the tab key: what can be scrolled has to be reached. */
export function Scrollable({ label, children, ...rest }: ScrollableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls what has the focus
    <div {...rest} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
