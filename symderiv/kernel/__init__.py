"""The trusted core below ``indexed``: forms in index notation, their arithmetic, their laws, their derivatives."""
