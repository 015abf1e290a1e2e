/** The mark of the product: a keep. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        fill="var(--accent)"
        d="M4 5h5v4h4.500V5h5v4H23V5h5v10l-3 3v10h-6.500v-5a2.500 2.500 0 0 0-5 0v5H7V18l-3-3z"
      />
    </svg>
  );
}
