"""Hosts: who the threads of a program are, and how one blocks while another runs."""
