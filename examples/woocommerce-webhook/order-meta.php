<?php
// Put this into the child theme's functions.php. It stores the page's context with the order, through a cookie of this visit.
// Both of WooCommerce's checkouts, the classic one and the block, save the order after their hook.
function converge_keep_context( $order ) {
	$context = json_decode( wp_unslash( $_COOKIE['converge_context'] ?? '' ), true );
	if ( is_array( $context ) ) {
		$order->update_meta_data( '_converge', wp_json_encode( $context ) );
	}
}
add_action( 'woocommerce_checkout_create_order', 'converge_keep_context' );
add_action( 'woocommerce_store_api_checkout_update_order_meta', 'converge_keep_context' );

add_action( 'wp_footer', function () {
	if ( ! is_checkout() ) {
		return;
	}
	?>
	<script>
		converge.on('state', ({ consent }) => {
			if (consent.marketing !== 'granted') return
			const context = encodeURIComponent(JSON.stringify(converge.context()))
			document.cookie = `converge_context=${context}; path=/; secure; samesite=lax`
		})
	</script>
	<?php
} );
