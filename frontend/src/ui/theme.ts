import { createTheme, type MantineColorsTuple } from "@mantine/core";
import "./tokens.css";

// Ten shades because Mantine wants ten; what is seen comes from the roles in tokens.css.
const iris = Array.from({ length: 10 }, () => "var(--accent-fill)") as unknown as MantineColorsTuple;

export const theme = createTheme({
  primaryColor: "iris",
  colors: { iris },
  primaryShade: 6,
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  defaultRadius: 8,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "12px", sm: "13.5px", md: "14px", lg: "15px", xl: "18px" },
  components: {
    Button: { defaultProps: { size: "sm" }, styles: { label: { fontWeight: 550 } } },
    Modal: {
      defaultProps: {
        radius: 12,
        centered: true,
        transitionProps: { duration: 120 },
        closeButtonProps: { "aria-label": "Close" },
      },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    InputWrapper: { styles: { label: { marginBottom: 4 } } },
    TextInput: { defaultProps: { size: "sm" } },
    Menu: { defaultProps: { position: "bottom-end", shadow: "md", radius: 10 } },
  },
});
