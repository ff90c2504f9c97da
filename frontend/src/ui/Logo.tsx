export function Logo({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden>
      <rect width="24" height="24" rx="7" fill="var(--accent-fill)" />
      <path
        d="M6.5 8h6.2a3.3 3.3 0 0 1 0 6.6H11"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <circle cx="7" cy="14.6" r="1.7" fill="var(--on-accent)" />
      <path d="M14.8 17.6h2.7" stroke="var(--on-accent)" strokeOpacity=".65" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
