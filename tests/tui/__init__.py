"""Tests of the commissioning terminal."""
