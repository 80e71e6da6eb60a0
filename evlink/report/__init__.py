"""The maintenance report (R-219 to R-223): what stands in it, as one HTML file and as text."""
