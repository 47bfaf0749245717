"""Where third-party web libraries are held behind typed seams of ours."""
